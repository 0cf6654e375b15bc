// The desk: takes codes from the camera, a hand scanner or the keyboard, one after the other, and shows the server's answer.
// Nothing that looks like an admission is shown before the server has answered; what it says is not judged here.
import { type Watch, watch } from "../door/camera";
import { type Answer, nonce, type Scan, type Session, send } from "../door/sender";
import { beep } from "../door/sound";

const SHOWN_FOR = 8000;
const SLOW = 300;

const desk = find<HTMLElement>("[data-desk]");
const answers = find<HTMLElement>("[data-answers]");
const form = find<HTMLFormElement>("[data-scanner]");
const field = find<HTMLInputElement>("[data-scanner] input[name=code]");
const english = document.documentElement.lang === "en";

let queue = Promise.resolve();
let stopped = false;
let camera: Watch | null = null;
let hasSound = localStorage.getItem("desk-sound") !== "off";
let back: ReturnType<typeof setTimeout> | undefined;

function find<T extends Element>(selector: string, within: ParentNode = document): T {
  const found = within.querySelector<T>(selector);
  if (!found) throw new Error(`the page lacks ${selector}`);
  return found;
}

function show(name: string): HTMLElement {
  const template = find<HTMLTemplateElement>(`[data-template="${name}"]`);
  answers.replaceChildren(template.content.cloneNode(true));
  return find<HTMLElement>(".answer", answers);
}

function either(own: string, other: string): string {
  return (english ? other || own : own || other) ?? "";
}

function fill(box: HTMLElement, slot: string, text: string): void {
  find<HTMLElement>(`[data-slot="${slot}"]`, box).textContent = text;
}

function meaning(answer: Answer): string {
  if (answer.is_late || answer.lacks_entry || answer.choices?.length || answer.code === "already_in") return "is-attention";
  return answer.code === "ok" ? "is-done" : "is-refused";
}

function tell(answer: Answer, scan: Scan): void {
  const isAccepted = answer.code === "ok";
  if (!answer.title) {
    show("trouble");
    return;
  }
  const box = show("answer");
  box.className = `answer ${meaning(answer)}`;
  fill(box, "title", answer.title);
  fill(box, "name", answer.name || (answer.number ? (desk.dataset.volunteer ?? "").replace("{}", String(answer.number)) : ""));
  fill(box, "role", either(answer.role ?? "", answer.role_en ?? ""));
  fill(box, "detail", answer.detail);
  fill(box, "session", answer.session ? either(answer.session.title, answer.session.title_en) : "");
  list(box, "notes", answer.notes ?? []);
  list(box, "elsewhere", (answer.elsewhere ?? []).map(named));
  if (answer.choices?.length) offer(answer.choices, scan, box);
  if (hasSound) beep(isAccepted);
  if (isAccepted) back = setTimeout(() => show("ready"), SHOWN_FOR);
}

function list(box: HTMLElement, slot: string, texts: string[]): void {
  const lines = texts.map((text) => {
    const line = document.createElement("li");
    line.textContent = text;
    return line;
  });
  find<HTMLElement>(`[data-slot="${slot}"]`, box).replaceChildren(...lines);
}

function named(session: Session): string {
  return `${either(session.title, session.title_en)}, ${either(session.place, session.place_en)}`;
}

/** Several sessions would do: the person says which, and the same code goes out again with the choice. */
function offer(choices: Session[], scan: Scan, box: HTMLElement): void {
  for (const choice of choices) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "wide";
    button.textContent = named(choice);
    button.addEventListener("click", () => take(scan.code, choice.id));
    box.append(button);
  }
  box.querySelector("button")?.focus();
}

/** Puts a code in the queue; a second card held up meanwhile waits its turn. */
function take(code: string, session?: string): void {
  const scan: Scan = {
    activities: (desk.dataset.activities ?? "").split(" "),
    code,
    direction: new FormData(form).get("direction") === "out" ? "out" : "in",
    nonce: nonce(),
    happened_at: new Date().toISOString(),
    ...(session ? { session } : {}),
  };
  queue = queue.then(() => settle(scan));
}

async function settle(scan: Scan): Promise<void> {
  clearTimeout(back);
  stopped = false;
  const slow = setTimeout(() => show("waiting"), SLOW);
  const answer = await send(
    scan,
    () => {
      clearTimeout(slow);
      if (!answers.querySelector("[data-stop]")) show("cut");
    },
    () => stopped,
  );
  clearTimeout(slow);
  if (answer) tell(answer, scan);
  else show("ready");
  document.body.dispatchEvent(new Event("scanned"));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const code = field.value;
  field.value = "";
  field.focus();
  if (code.trim()) take(code);
});

answers.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-stop]")) stopped = true;
});

// A hand scanner types: whatever has the focus, its characters belong to the field.
document.addEventListener("keydown", (event) => {
  const types = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey && event.key !== " ";
  if (types && !(document.activeElement instanceof HTMLInputElement && document.activeElement.type !== "radio")) field.focus();
});
form.addEventListener("change", () => field.focus());

function press(button: HTMLButtonElement, isOn: boolean): void {
  button.setAttribute("aria-pressed", String(isOn));
  button.textContent = (isOn ? button.dataset.on : button.dataset.off) ?? "";
}

const eye = find<HTMLElement>("[data-eye]");
const eyeButton = find<HTMLButtonElement>("[data-camera]");
const trouble = find<HTMLElement>("[data-camera-trouble]");
eyeButton.hidden = false;
eyeButton.addEventListener("click", async () => {
  trouble.hidden = true;
  if (camera) {
    camera.stop();
    camera = null;
  } else {
    eye.hidden = false;
    camera = await watch(find<HTMLVideoElement>("video", eye), (code) => take(code)).catch(() => null);
    trouble.hidden = camera !== null;
  }
  eye.hidden = camera === null;
  press(eyeButton, camera !== null);
  field.focus();
});

const soundButton = find<HTMLButtonElement>("[data-sound]");
soundButton.hidden = false;
press(soundButton, hasSound);
soundButton.addEventListener("click", () => {
  hasSound = !hasSound;
  localStorage.setItem("desk-sound", hasSound ? "on" : "off");
  press(soundButton, hasSound);
  if (hasSound) beep(true);
  field.focus();
});

field.focus();
