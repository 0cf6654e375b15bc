// Watches the camera's picture for square codes until it is stopped. One card held up is one scan; the same card counts again after
// it has been away. Nothing of the picture is kept.

const WIDTH = 960;
const BETWEEN = 120;
const AWAY = 2500;

type Read = (video: HTMLVideoElement) => Promise<string | null>;

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}
declare const BarcodeDetector: {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
};

export type Facing = "environment" | "user";

/** `light` turns the lamp beside the camera on and off; null where there is none. */
export interface Watch {
  stop(): void;
  light: ((isOn: boolean) => Promise<void>) | null;
}

/** Starts the camera that looks that way in `video` and hands every card to `seen`. Fails where there is no camera or no permission. */
export async function watch(video: HTMLVideoElement, facing: Facing, seen: (code: string) => void): Promise<Watch> {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: { ideal: facing }, width: { ideal: 1280 } },
  });
  let stopped = false;
  const stop = () => {
    stopped = true;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  try {
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    stop();
    throw error;
  }
  void look(video, await reader(), seen, () => stopped);
  return { stop, light: lamp(stream) };
}

/** Whether the device has a second camera, to look the other way. */
export async function canTurn(): Promise<boolean> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === "videoinput").length > 1;
}

function lamp(stream: MediaStream): Watch["light"] {
  const [track] = stream.getVideoTracks();
  const can = track?.getCapabilities?.() as { torch?: boolean } | undefined;
  if (!track || !can?.torch) return null;
  return (isOn) => track.applyConstraints({ advanced: [{ torch: isOn } as MediaTrackConstraintSet] });
}

async function look(video: HTMLVideoElement, read: Read, seen: (code: string) => void, isOver: () => boolean): Promise<void> {
  let last = "";
  let lastAt = 0;
  while (!isOver()) {
    const code = await read(video).catch(() => null);
    const now = performance.now();
    if (code) {
      if (code !== last || now - lastAt > AWAY) seen(code);
      last = code;
      lastAt = now;
    }
    await new Promise((resume) => setTimeout(resume, BETWEEN));
  }
}

/** The browser's own detector where it has one, else ours. */
async function reader(): Promise<Read> {
  if ("BarcodeDetector" in globalThis && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  const { readQr } = await import("../qr");
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    if (!pen || video.videoWidth === 0) return null;
    const scale = Math.min(1, WIDTH / video.videoWidth);
    canvas.width = video.videoWidth * scale;
    canvas.height = video.videoHeight * scale;
    pen.drawImage(video, 0, 0, canvas.width, canvas.height);
    return readQr(pen.getImageData(0, 0, canvas.width, canvas.height));
  };
}
