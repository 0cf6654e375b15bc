// @ts-expect-error: the pages' sources know no Node; this test runs in it
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { textOf, textOfNumber } from "../door/base32";
import { type Phone, read } from "../door/codes";
import { verify } from "../door/verify";
import { readQr, useDecoder } from "../qr";
import { isRefused, label } from "./contact";
import { signer } from "./kept";
import { cells } from "./picture";
import { compressed, lowered, STEP, shown, stepOf } from "./proof";

const CREDENTIAL = `TB2${"A".repeat(198)}`;
const HALF = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n / 2n;

async function pair(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from({ length: Math.floor(bits.length / 8) }, (_, at) =>
    Number.parseInt(bits.slice(8 * at, 8 * at + 8), 2),
  );
}

function number(of: Uint8Array): bigint {
  return of.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

// scenario: checkin-70
// scenario: checkin-73
test("a code holds the credential, the half minute, and this phone's signature over both with the lower s", async () => {
  const { privateKey, publicKey } = await pair();
  for (let step = 59_000_000; step < 59_000_012; step++) {
    const text = await shown(CREDENTIAL, step, signer(privateKey));
    expect(text).toHaveLength(311);
    const [proven, proof] = [text.slice(0, -103), bytes(text.slice(-103))];
    expect(proven).toBe(CREDENTIAL + textOfNumber(step, 7));
    expect(number(proof.subarray(32)) <= HALF).toBe(true);
    const fits = await crypto.subtle.verify(
      { name: "ECDSA", hash: "SHA-256" },
      publicKey,
      proof,
      new TextEncoder().encode(proven),
    );
    expect(fits).toBe(true);
  }
});

test("the higher of the two spellings of a signature becomes the lower one, and the lower one stays", () => {
  const high = new Uint8Array(64).fill(0xff, 32, 36);
  high[0] = 7;
  expect(number(lowered(high).subarray(32)) <= HALF).toBe(true);
  expect(lowered(high)[0]).toBe(7);
  expect(lowered(lowered(high))).toEqual(lowered(high));
});

test("the private half cannot be read out of the key", async () => {
  const { privateKey } = await pair();
  await expect(crypto.subtle.exportKey("pkcs8", privateKey)).rejects.toThrow();
});

test("a public key shrinks to x and the sign of y", async () => {
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", (await pair()).publicKey));
  const short = compressed(raw);
  expect(short).toHaveLength(33);
  expect(short[0]).toBe((raw[64] ?? 0) % 2 ? 3 : 2);
  expect(short.subarray(1)).toEqual(raw.subarray(1, 33));
});

test("a half minute is counted as the server counts it", () => {
  expect(stepOf(STEP - 1)).toBe(0);
  expect(stepOf(STEP)).toBe(1);
});

// scenario: checkin-73
// scenario: checkin-87
test("the desk without a network takes the code of now and of the step before, and none of a minute ago", async () => {
  const server = (await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"])) as CryptoKeyPair;
  const { privateKey, publicKey } = await pair();
  const now = 1_800_000_015_000;
  const key = compressed(new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)));
  const day = textOfNumber(Math.floor(now / 86_400_000) + 180, 4);
  const signed = `TB2SERVERAAKEYA${"A".repeat(26)}${textOf(key)}${day}`;
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", server.privateKey, new TextEncoder().encode(signed)));
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", server.publicKey));
  const pack = { server: "SERVERAA", keys: [{ id: "KEYA", public_key: btoa(String.fromCharCode(...raw)) }] };
  const judged = async (steps: number) => {
    const code = read(await shown(signed + textOf(signature), stepOf(now) + steps, signer(privateKey)));
    expect(code?.kind).toBe("phone");
    return (await verify(code as Phone, pack, now)).facts;
  };
  for (const steps of [-1, 0, 1]) expect(await judged(steps)).toEqual({});
  for (const steps of [-2, 2]) expect(await judged(steps)).toEqual({ is_fresh: false });
});

test("what the page draws is read back by a camera", async () => {
  const wasm: Uint8Array<ArrayBuffer> = await readFile(
    new URL("../../../../node_modules/zxing-wasm/dist/reader/zxing_reader.wasm", import.meta.url),
  );
  useDecoder(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const text = await shown(CREDENTIAL, 59_000_000, signer((await pair()).privateKey));
  const { path, size } = cells(text);
  const scale = 3;
  const width = size * scale;
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)/g))
    for (let at = 0; at < scale * scale; at++) {
      const place = ((Number(y) * scale + Math.floor(at / scale)) * width + Number(x) * scale + (at % scale)) * 4;
      data[place] = data[place + 1] = data[place + 2] = 0;
    }
  expect(await readQr({ data, width, height: width, colorSpace: "srgb" } as ImageData)).toBe(text);
});

test("a phone is named as its owner would", () => {
  const android =
    "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Mobile Safari/537.36";
  expect(label(android)).toBe("Android · Chrome");
  expect(label(`${android} MicroMessenger/8.0`)).toBe("Android · WeChat");
  expect(label("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1")).toBe(
    "iPhone · Safari",
  );
  expect(label("")).toBe("");
  expect(isRefused({ status: 404, title: "", detail: "" })).toBe(true);
});
