// A QR code drawn in the page, with no network: black on white, whatever the page's colours are.
import qrcode from "qrcode-generator";

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4;

/** The dark cells as one path, and the cells of a side with the white around. */
export function cells(text: string): { path: string; size: number } {
  const code = qrcode(0, "M");
  code.addData(text, "Alphanumeric");
  code.make();
  const count = code.getModuleCount();
  let path = "";
  for (let row = 0; row < count; row++)
    for (let column = 0; column < count; column++)
      if (code.isDark(row, column)) path += `M${column + QUIET} ${row + QUIET}h1v1h-1z`;
  return { path, size: count + 2 * QUIET };
}

export function picture(text: string): SVGElement {
  const { path, size } = cells(text);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.setAttribute("aria-hidden", "true");
  svg.append(drawn("#fff", `M0 0h${size}v${size}H0z`), drawn("#000", path));
  return svg;
}

function drawn(colour: string, path: string): SVGElement {
  const element = document.createElementNS(SVG, "path");
  element.setAttribute("fill", colour);
  element.setAttribute("d", path);
  return element;
}
