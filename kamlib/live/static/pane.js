// What follows from a control. The HTML is made and escaped in the kernel by the same function that makes the
// report; the browser only puts it in place.

function render({ model, el }) {
  // JupyterLab would take the keys of a focused element as commands: "d d" deletes the cell.
  el.addEventListener("keydown", (event) => event.stopPropagation());
  const place = document.createElement("div");
  place.className = "kam-pane";
  const unfolded = () => [...place.querySelectorAll("details")].map((each) => each.open);
  function draw() {
    const open = unfolded();
    place.innerHTML = model.get("html");
    place.querySelectorAll("details").forEach((each, i) => {
      each.open = open[i] ?? each.open; // what a person has unfolded stays unfolded
    });
    place.dataset.drawn = model.get("drawn");
  }
  model.on("change:drawn", draw);
  draw();
  el.append(place);
  return () => model.off("change:drawn", draw);
}

export default { render };
