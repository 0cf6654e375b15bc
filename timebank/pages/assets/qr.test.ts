// @ts-expect-error: the pages' sources know no Node; this test runs in it
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { prepareZXingModule, writeBarcode } from "zxing-wasm/writer";
import { readQr, useDecoder } from "./qr";

const packages = new URL("../../../node_modules/zxing-wasm/dist/", import.meta.url);

async function binary(name: string): Promise<ArrayBuffer> {
  const bytes: Uint8Array<ArrayBuffer> = await readFile(new URL(name, packages));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

async function picture(text: string): Promise<ImageData> {
  prepareZXingModule({ overrides: { wasmBinary: await binary("writer/zxing_writer.wasm") } });
  const { symbol } = await writeBarcode(text, { format: "QRCode" });
  const scale = 4;
  const quiet = 4 * scale;
  const [width, height] = [symbol.width * scale + 2 * quiet, symbol.height * scale + 2 * quiet];
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < symbol.height * scale; y++)
    for (let x = 0; x < symbol.width * scale; x++) {
      const shade = symbol.data[Math.floor(y / scale) * symbol.width + Math.floor(x / scale)] ?? 255;
      const at = ((y + quiet) * width + x + quiet) * 4;
      data[at] = data[at + 1] = data[at + 2] = shade;
    }
  return { data, width, height, colorSpace: "srgb" } as ImageData;
}

test("a code that was drawn is read back", async () => {
  useDecoder(await binary("reader/zxing_reader.wasm"));
  expect(await readQr(await picture("https://time.example.org/v/志愿者"))).toBe("https://time.example.org/v/志愿者");
});
