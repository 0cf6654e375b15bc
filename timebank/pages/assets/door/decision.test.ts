import { expect, test } from "vitest";
import answers from "../../../../docs/vectors/decision.answers?raw";
import text from "../../../../docs/vectors/decision.json?raw";
import { type Asked, decide, STATUS, type Verdict } from "./decision";

interface Vector {
  name: string;
  asked: Asked;
  status: number;
  verdict: Verdict;
}

const vectors: Vector[] = JSON.parse(text);

// scenario: checkin-87
for (const vector of vectors)
  test(`the desk decides as written: ${vector.name}`, () => {
    const verdict = decide(vector.asked);
    expect(verdict).toEqual(vector.verdict);
    expect(STATUS[verdict.reason]).toBe(vector.status);
  });

// scenario: checkin-87
test("the answers are the server's, byte for byte", () => {
  const lines = vectors.map((vector) => decide(vector.asked)).map((one) => JSON.stringify(one, Object.keys(one).sort()));
  expect(`${lines.join("\n")}\n`).toBe(answers);
});
