"""What everything stands on: settings, embedded servers, `timebank up`, the project's own files."""
