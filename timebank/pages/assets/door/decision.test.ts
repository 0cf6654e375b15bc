import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Asked, decide, STATUS, type Verdict } from "./decision";

interface Vector {
  name: string;
  asked: Asked;
  status: number;
  verdict: Verdict;
}

const folder = `${process.cwd()}/docs/vectors`;
const vectors: Vector[] = JSON.parse(readFileSync(`${folder}/decision.json`, "utf8"));

// scenario: checkin-87
for (const vector of vectors)
  test(`the desk decides as written: ${vector.name}`, () => {
    const verdict = decide(vector.asked);
    expect(verdict).toEqual(vector.verdict);
    expect(STATUS[verdict.reason]).toBe(vector.status);
  });
