// The kiosk's camera: looks for a card's square code while its picture is on the screen, keeps nothing, and stops when the page goes.
import { readQr } from "../qr";
import { pause } from "./traffic";

const WIDTH = 800;
const BETWEEN = 0.15;

/** Shows the camera in `video` and answers the first code it sees; null when there is no camera or the page has gone. */
export async function look(video: HTMLVideoElement): Promise<string | null> {
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: { ideal: 1280 } } });
  } catch {
    return null;
  }
  try {
    video.srcObject = stream;
    await video.play();
    const canvas = document.createElement("canvas");
    while (video.isConnected && video.offsetParent !== null) {
      const text = await seen(video, canvas);
      if (text) return text;
      await pause(BETWEEN);
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

async function seen(video: HTMLVideoElement, canvas: HTMLCanvasElement): Promise<string | null> {
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen || video.videoWidth === 0) return null;
  const scale = Math.min(1, WIDTH / video.videoWidth);
  canvas.width = video.videoWidth * scale;
  canvas.height = video.videoHeight * scale;
  pen.drawImage(video, 0, 0, canvas.width, canvas.height);
  return readQr(pen.getImageData(0, 0, canvas.width, canvas.height));
}
