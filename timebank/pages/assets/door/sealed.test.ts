import { expect, test } from "vitest";
import { inMemory } from "./box";
import { card, NINE } from "./given";
import * as queues from "./queue";
import { newKey, sealed } from "./sealed";

const bob = card(2);
const scanned: queues.Item = {
  nonce: "n1",
  activities: ["a"],
  code: bob.text,
  direction: "in",
  happened_at: new Date(NINE).toISOString(),
  skew_ms: 0,
  reason: "ok",
};

/** What lies on the disk, as text. */
async function onDisk(disk: ReturnType<typeof inMemory>): Promise<string> {
  const all = [...(await disk.all("queue")), ...(await disk.all("rejected")), ...(await disk.all("done"))];
  const shown = all.map((one) =>
    JSON.stringify(one, (_, value) =>
      value instanceof ArrayBuffer ? [...new Uint8Array(value)].map((byte) => String.fromCharCode(byte)).join("") : value,
    ),
  );
  return shown.join();
}

// scenario: checkin-86
test("scans that wait lie on the disk without a code that anybody could read, and come back whole", async () => {
  const disk = inMemory();
  const key = await newKey();
  expect(key.extractable).toBe(false);
  const queue = await queues.open(sealed(disk, key));
  await queue.add(scanned, { number: 2, title: "Choir" });
  await queue.remark("n1", "Mrs Wang");
  const lies = await onDisk(disk);
  for (const told of [bob.text, "Mrs Wang", "Choir"]) expect(lies).not.toContain(told);
  expect((await queues.open(sealed(disk, key))).kept()).toMatchObject([
    { item: { code: bob.text, remark: "Mrs Wang" }, about: { number: 2, title: "Choir" } },
  ]);
  await expect(queues.open(sealed(disk, await newKey()))).rejects.toThrow();
});

test("what lay there from before the key is read as it is", async () => {
  const disk = inMemory();
  await (await queues.open(disk)).add(scanned);
  expect((await queues.open(sealed(disk, await newKey()))).waiting()).toEqual([scanned]);
});

// scenario: checkin-86
test("the code is gone from the device once the server has answered, also of a scan that it refused", async () => {
  const disk = inMemory();
  const queue = await queues.open(disk);
  await queue.add(scanned);
  await queue.settle([{ nonce: "n1", status: 409, code: "revoked", title: "Replaced.", detail: "" }]);
  expect(queue.rejected().length).toBe(1);
  expect(await onDisk(disk)).not.toContain(bob.text);
});
