// Two buttons that save a chart as PNG or SVG. Streamlit keeps Plotly to itself, so the button of
// the chart's own bar is pressed, after it was told the format and the name.

const release = new URL(import.meta.url).search;
const { el } = await import(`../dom.js${release}`);

/** Called by the bootstrap of the component, at each change of the data. */
export function mount({ data, parentElement }) {
  const label = (format) => `Save the chart as ${format.toUpperCase()}`;
  const buttons = ["png", "svg"].map((format) => {
    const title = label(format);
    const button = el("button", { type: "button", title, text: format.toUpperCase() });
    button.addEventListener("click", () => save(data.figure, data.name, format));
    return button;
  });
  parentElement.querySelector(".pictures")?.remove();
  parentElement.append(el("div", { class: "pictures" }, ...buttons));
}

function save(figure, filename, format) {
  const plot = document.querySelector(`.st-key-${figure} .js-plotly-plot`);
  const camera = plot?.querySelector('[data-title*="ownload plot"]');
  if (!camera) return;
  Object.assign(plot._context.toImageButtonOptions, { format, filename, scale: 2 });
  camera.click();
}
