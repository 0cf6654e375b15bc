"""What API and pages share: who asks, when, in which words, under which key, and how a refusal is told."""
