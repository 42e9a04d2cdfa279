(() => {
  "use strict";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const touch = window.matchMedia("(pointer: coarse)");
  const dress = (layout) => {
    const css = getComputedStyle(document.documentElement);
    const [ink, grid, card] = ["--ink", "--grid", "--card"].map((name) => css.getPropertyValue(name).trim());
    const dressed = { ...layout, font: { ...layout.font, color: ink, size: 12, family: getComputedStyle(document.body).fontFamily } };
    dressed.hoverlabel = { bgcolor: card, bordercolor: grid, font: { color: ink }, align: "left" };
    // A finger that scrolls the page must not zoom the picture under it.
    if (touch.matches) dressed.dragmode = false;
    for (const axis of ["xaxis", "yaxis"]) {
      dressed[axis] = { gridcolor: grid, linecolor: grid, zerolinecolor: grid, ...layout[axis] };
    }
    return dressed;
  };
  const config = { responsive: true, displayModeBar: false };
  const draw = () => {
    for (const place of document.querySelectorAll("[data-figure]")) {
      const { data, layout } = JSON.parse(document.getElementById(place.dataset.figure).textContent);
      for (const trace of data) {
        if (trace.type === "heatmap") trace.textfont = { color: getComputedStyle(place).color };
      }
      Plotly.react(place, data, dress(layout), config);
    }
  };
  draw();
  dark.addEventListener("change", draw);
})();
