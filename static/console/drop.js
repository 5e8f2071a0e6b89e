// Fields for files on which files can be dropped.

/** One field: its zone, the input in it, and the line that tells what it holds. */
class Drop {
  /**
   * @param {HTMLElement} zone
   * @param {HTMLInputElement} input
   * @param {HTMLElement} told
   */
  constructor(zone, input, told) {
    this.zone = zone;
    this.input = input;
    this.told = told;
    // The admin's own script looks for its own markup around every input that changes, and breaks.
    zone.addEventListener("change", (event) => event.stopPropagation(), { capture: true });
    zone.addEventListener("change", () => this.tell(""), { capture: true });
    zone.addEventListener("dragenter", () => this.light(true));
    zone.addEventListener("dragleave", (event) => {
      const to = event.relatedTarget;
      this.light(to instanceof Node && zone.contains(to));
    });
    zone.addEventListener("drop", (event) => {
      this.light(false);
      if (event.dataTransfer) this.take([...event.dataTransfer.files]);
    });
    const how = zone.querySelector(".console-drop-how");
    if (how instanceof HTMLElement) how.hidden = false;
    this.tell("");
  }

  /** @param {boolean} on */
  light(on) {
    this.zone.toggleAttribute("data-over", on);
  }

  /**
   * Puts those files into the input that it may hold, and says which it may not.
   * @param {File[]} files
   */
  take(files) {
    const fit = files.filter((file) => accepted(file, this.input.accept));
    const kept = this.input.multiple ? fit : fit.slice(0, 1);
    const left = files.filter((file) => !kept.includes(file)).map((file) => file.name);
    const why = fit.length > kept.length ? "one file alone fits here" : "not a file for this field";
    if (kept.length > 0) {
      const holder = new DataTransfer();
      for (const file of kept) holder.items.add(file);
      this.input.files = holder.files;
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    this.tell(left.length > 0 ? `Left out: ${left.join(", ")} (${why}).` : "");
  }

  /** @param {string} remark */
  tell(remark) {
    const held = [...(this.input.files ?? [])].map((file) => `${file.name} (${size(file.size)})`);
    // The browser's own control names a single file.
    const list = held.length > 1 ? held.join(", ") : "";
    this.told.textContent = [list, remark].filter(Boolean).join(". ");
  }
}

/**
 * Whether `accept`, as the attribute of that name, names the file's type; empty names all.
 * @param {File} file
 * @param {string} accept
 */
function accepted(file, accept) {
  const wanted = accept.toLowerCase().split(",").map((part) => part.trim());
  return wanted.some((part) => {
    if (part.endsWith("/*")) return file.type.startsWith(part.slice(0, -1));
    return file.name.toLowerCase().endsWith(part) || file.type === part;
  });
}

/** @param {number} bytes */
function size(bytes) {
  const kilobytes = Math.max(1, Math.round(bytes / 1_000));
  return kilobytes < 1_000 ? `${kilobytes} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input");
  const told = zone.querySelector(".console-drop-told");
  if (zone instanceof HTMLElement && input && told instanceof HTMLElement) {
    new Drop(zone, input, told);
  }
}

// A file that misses its field would replace the page, and what was filled in with it.
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => {
    if (event instanceof DragEvent && event.dataTransfer?.types.includes("Files")) {
      event.preventDefault();
    }
  });
}
