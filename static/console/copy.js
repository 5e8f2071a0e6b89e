// Buttons that copy the text of the element they name.

const SHOWN_MS = 2000;

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
  if (target instanceof HTMLElement) void copy(target);
});

/** @param {HTMLElement} button */
async function copy(button) {
  const source = document.getElementById(button.dataset.copy ?? "");
  if (!source) return;
  const label = button.textContent;
  button.textContent = (await written(source)) ? "Copied" : "Press Ctrl+C";
  setTimeout(() => (button.textContent = label), SHOWN_MS);
}

/**
 * Copies, or where the browser does not allow it selects, the element's text.
 * @param {HTMLElement} source
 * @returns {Promise<boolean>} whether it was copied
 */
async function written(source) {
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    return true;
  } catch {
    getSelection()?.selectAllChildren(source);
    return false;
  }
}
