/** A name for one scan or one form. Not randomUUID, which browsers keep from addresses without https. */
export function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
