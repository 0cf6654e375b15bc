// Reads QR codes from camera pictures, in the browser, with the decoder that lies beside the built scripts.
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

/** Where the decoder comes from; without this call it is fetched from our own server at the first picture. */
export function useDecoder(binary: ArrayBuffer): void {
  prepareZXingModule({ overrides: { wasmBinary: binary } });
}

prepareZXingModule({
  overrides: { locateFile: (file: string) => new URL(file, import.meta.url).href },
});

/** The text of the first QR code in the picture, or null when there is none that can be read. */
export async function readQr(picture: ImageData): Promise<string | null> {
  const found = await readBarcodes(picture, { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 1 });
  return found.find((code) => code.isValid)?.text ?? null;
}
