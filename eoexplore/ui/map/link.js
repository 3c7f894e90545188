// A button that copies the address of the page as it is now. Only the browser knows all of it: the
// place and the layers are put there by the map's script, and never reach Python.

const release = new URL(import.meta.url).search;
const { el, icon, copyText } = await import(`./dom.js${release}`);

const SAID_FOR_MS = 2500;

/** Called by the bootstrap of the component, at each change of the data. */
export function mount({ data, parentElement }) {
  let button = parentElement.querySelector("button");
  if (!button) {
    const status = el("span", { role: "status", "aria-live": "polite" });
    const label = el("span", { class: "label", text: "Copy link" });
    button = el("button", { type: "button", title: "Copy a link to what is shown now" }, icon("copy"), label);
    button.addEventListener("click", () => copy(button, label, status));
    parentElement.append(button, status);
  }
  button.dataset.dataset = data.dataset;
}

async function copy(button, label, status) {
  const text = address(button.dataset.dataset);
  const isDone = await copyText(text, button.parentNode);
  const said = isDone ? "Link copied" : "Not allowed; copy the address line";
  label.textContent = said;
  status.textContent = said;
  button.classList.toggle("done", isDone);
  clearTimeout(Number(button.dataset.timer));
  button.dataset.timer = String(
    setTimeout(() => {
      label.textContent = "Copy link";
      status.textContent = "";
      button.classList.remove("done");
    }, SAID_FOR_MS),
  );
}

/** The page's own choice of the dataset leaves its default out; a link names it. */
function address(dataset) {
  const url = new URL(location.href);
  if (dataset && !url.searchParams.has("dataset")) {
    const search = url.search.replace(/^\?/, "");
    url.search = `?dataset=${encodeURIComponent(dataset)}${search ? `&${search}` : ""}`;
  }
  return url.href;
}
