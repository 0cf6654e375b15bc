// The camera's buttons: on and off, the other camera, the lamp.
import { canTurn, type Facing, type Watch, watch } from "./camera";
import { find, press, show } from "./page";

/** Hands every code to `seen` while the camera is on. Gives what stops it. */
export function eye(place: ParentNode, seen: (code: string) => void, done: () => void): () => void {
  const [picture, trouble] = [find("[data-eye]", place), find("[data-camera-trouble]", place)];
  const [on, turn, torch] = ["camera", "turn", "torch"].map((name) => find<HTMLButtonElement>(`[data-${name}]`, place)) as [
    HTMLButtonElement,
    HTMLButtonElement,
    HTMLButtonElement,
  ];
  let camera: Watch | null = null;
  let facing = (localStorage.getItem("desk-camera") ?? "environment") as Facing;
  let isLit = false;

  async function start(): Promise<void> {
    show(picture, true);
    camera = await watch(find<HTMLVideoElement>("video", picture), facing, seen).catch(() => null);
    show(trouble, camera === null);
    show(turn, camera !== null && (await canTurn().catch(() => false)));
    draw();
  }

  function stop(): void {
    camera?.stop();
    camera = null;
    isLit = false;
    show(turn, false);
    draw();
  }

  function draw(): void {
    show(picture, camera !== null);
    show(torch, Boolean(camera?.light));
    press(on, camera !== null);
    press(torch, isLit);
  }

  show(on, true);
  on.addEventListener("click", async () => {
    show(trouble, false);
    if (camera) stop();
    else await start();
    done();
  });
  turn.addEventListener("click", async () => {
    stop();
    facing = facing === "user" ? "environment" : "user";
    localStorage.setItem("desk-camera", facing);
    await start();
    done();
  });
  torch.addEventListener("click", async () => {
    isLit = !isLit;
    await camera?.light?.(isLit).catch(() => undefined);
    draw();
    done();
  });
  return stop;
}
