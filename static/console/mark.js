// Marking a face: two ellipses for the eyes, a rectangle for the mouth.

const SVG = "http://www.w3.org/2000/svg";
const HANDLE_PX = 11;
const STEP = 0.005;
const SMALLEST = 0.004;

/**
 * A shape by its middle and half its sides, in shares of the picture's width and height.
 * @typedef {{x: number, y: number, rx: number, ry: number}} Shape
 */

/** @typedef {{eyes: number[][], mouth: number[]}} Marks */

/** One shape on the picture, moved and sized by pointer and keyboard. */
class Mark {
  /**
   * @param {SVGSVGElement} canvas
   * @param {string} kind `ellipse` or `rect`
   * @param {string} name for those who do not see it
   * @param {Shape} shape
   * @param {() => void} changed
   */
  constructor(canvas, kind, name, shape, changed) {
    this.shape = shape;
    this.canvas = canvas;
    this.changed = changed;
    this.name = name;
    this.group = document.createElementNS(SVG, "g");
    this.outline = document.createElementNS(SVG, kind);
    this.handle = document.createElementNS(SVG, "circle");
    this.group.append(this.outline, this.handle);
    this.group.setAttribute("tabindex", "0");
    this.group.setAttribute("role", "application");
    this.handle.setAttribute("r", String(HANDLE_PX));
    canvas.append(this.group);
    this.outline.addEventListener("pointerdown", (event) => this.pull(event, this.outline, false));
    this.handle.addEventListener("pointerdown", (event) => this.pull(event, this.handle, true));
    this.group.addEventListener("keydown", (event) => this.key(event));
    this.draw();
  }

  /**
   * Follows a pointer until it lets go.
   * @param {PointerEvent} event
   * @param {SVGElement} part
   * @param {boolean} sizes
   */
  pull(event, part, sizes) {
    event.preventDefault();
    this.group.focus();
    part.setPointerCapture(event.pointerId);
    let last = this.place(event);
    /** @param {PointerEvent} moved */
    const follow = (moved) => {
      const now = this.place(moved);
      this.change(now.x - last.x, now.y - last.y, sizes);
      last = now;
    };
    part.addEventListener("pointermove", follow);
    for (const end of ["pointerup", "pointercancel"]) {
      part.addEventListener(end, () => part.removeEventListener("pointermove", follow), {
        once: true,
      });
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ];
    if (!way) return;
    event.preventDefault();
    this.change((way[0] ?? 0) * STEP, (way[1] ?? 0) * STEP, event.shiftKey);
  }

  /**
   * Moves or sizes the shape and keeps it inside the picture.
   * @param {number} dx
   * @param {number} dy
   * @param {boolean} sizes
   */
  change(dx, dy, sizes) {
    const shape = this.shape;
    if (sizes) {
      shape.rx = between(SMALLEST, shape.rx + dx, 0.5);
      shape.ry = between(SMALLEST, shape.ry + dy, 0.5);
    } else {
      shape.x += dx;
      shape.y += dy;
    }
    shape.x = between(shape.rx, shape.x, 1 - shape.rx);
    shape.y = between(shape.ry, shape.y, 1 - shape.ry);
    this.draw();
    this.changed();
  }

  /** @param {PointerEvent} event */
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  draw() {
    const { width, height } = this.canvas.getBoundingClientRect();
    const { x, y, rx, ry } = this.shape;
    const round = this.outline instanceof SVGEllipseElement;
    const places = round
      ? { cx: x * width, cy: y * height, rx: rx * width, ry: ry * height }
      : {
          x: (x - rx) * width,
          y: (y - ry) * height,
          width: 2 * rx * width,
          height: 2 * ry * height,
        };
    for (const [name, value] of Object.entries(places)) {
      this.outline.setAttribute(name, value.toFixed(1));
    }
    this.handle.setAttribute("cx", ((x + rx) * width).toFixed(1));
    this.handle.setAttribute("cy", ((y + ry) * height).toFixed(1));
    const where = `${percent(x)} from the left, ${percent(y)} from the top`;
    const size = `${percent(2 * rx)} wide, ${percent(2 * ry)} high`;
    this.group.setAttribute("aria-label", `${this.name}: ${where}, ${size}`);
  }
}

/**
 * @param {number} low
 * @param {number} value
 * @param {number} high
 */
function between(low, value, high) {
  return Math.min(Math.max(low, value), high);
}

/** @param {number} share */
function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/**
 * @param {number[]} four
 * @returns {Shape}
 */
function ellipse([x = 0.5, y = 0.5, rx = 0.05, ry = 0.05]) {
  return { x, y, rx, ry };
}

/**
 * @param {number[]} four
 * @returns {Shape}
 */
function rectangle([x0 = 0.4, y0 = 0.6, x1 = 0.6, y1 = 0.7]) {
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, rx: (x1 - x0) / 2, ry: (y1 - y0) / 2 };
}

/**
 * @param {SVGSVGElement} canvas
 * @param {HTMLInputElement} field holds the marks as JSON
 */
function begin(canvas, field) {
  /** @type {Marks} */
  const marks = JSON.parse(field.value);
  const write = () => {
    field.value = JSON.stringify({
      eyes: [left, right].map(({ shape }) => [shape.x, shape.y, shape.rx, shape.ry]),
      mouth: [
        mouth.shape.x - mouth.shape.rx,
        mouth.shape.y - mouth.shape.ry,
        mouth.shape.x + mouth.shape.rx,
        mouth.shape.y + mouth.shape.ry,
      ],
    });
  };
  const left = new Mark(canvas, "ellipse", "Left eye", ellipse(marks.eyes[0] ?? []), write);
  const right = new Mark(canvas, "ellipse", "Right eye", ellipse(marks.eyes[1] ?? []), write);
  const mouth = new Mark(canvas, "rect", "Mouth", rectangle(marks.mouth), write);
  new ResizeObserver(() => [left, right, mouth].forEach((mark) => mark.draw())).observe(canvas);
}

const canvas = document.getElementById("mark-shapes");
const field = document.getElementById("mark-value");
if (canvas instanceof SVGSVGElement && field instanceof HTMLInputElement) begin(canvas, field);
