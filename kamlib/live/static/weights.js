// The weights of the criteria, one slider each. A change lies in the browser's outbox (localStorage) until the
// kernel answers that it stands in the log, so a dead kernel loses nothing: the outbox is sent again when the
// page is rendered, and the id of each change makes a second delivery harmless.

const RETRY_MS = 3000;
const PAUSE_MS = 150;

const freshId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function stored(area) {
  try {
    area.setItem("kam-probe", "1");
    area.removeItem("kam-probe");
    return area;
  } catch {
    const kept = new Map(); // a browser that keeps nothing: the page's own memory is better than none
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => kept.set(key, value),
      removeItem: (key) => kept.delete(key),
      keys: () => [...kept.keys()],
    };
  }
}

function outbox(prefix) {
  // One key for each field: two tabs never overwrite each other's list, and a field has one change waiting.
  const area = stored(window.localStorage);
  const keys = () => (area.keys ? area.keys() : Object.keys(area)).filter((key) => key.startsWith(prefix));
  const parsed = (key) => {
    try {
      return { key, ...JSON.parse(area.getItem(key)) };
    } catch {
      return null;
    }
  };
  const waiting = () => keys().map(parsed).filter((op) => op && op.op_id).sort((a, b) => a.at - b.at);
  return {
    waiting,
    put: (op) => area.setItem(prefix + op.criterion, JSON.stringify(op)),
    settle: (ids) => waiting().filter((op) => ids.has(op.op_id)).forEach((op) => area.removeItem(op.key)),
  };
}

function sessionId() {
  const area = stored(window.sessionStorage);
  const known = area.getItem("kam-session") || freshId();
  area.setItem("kam-session", known);
  return known;
}

const made = (tag, className, text) => {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

function render({ model, el }) {
  // JupyterLab would take the keys of a focused slider as commands: "d d" deletes the cell.
  el.addEventListener("keydown", (event) => event.stopPropagation());
  const words = model.get("words");
  const box = outbox(model.get("outbox"));
  const session = sessionId();
  const limits = model.get("limits");
  const root = made("div", "kam-weights");
  const fields = made("div", "kam-weights-fields");
  const status = made("p", "kam-weights-status");
  const note = made("p", "kam-weights-note");
  status.setAttribute("role", "status");
  note.setAttribute("role", "alert");
  const sliders = {};
  let sentAt = 0;
  let savedAt = "";
  let tried = false;
  let pause = 0;

  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  function label() {
    // Shares are the kernel's, as in the table and the ranking: until it has answered, only points are known.
    const labels = box.waiting().length ? {} : model.get("labels");
    for (const [name, { input, output }] of Object.entries(sliders)) {
      const weight = labels[name] ?? fill(words.points, { points: input.value });
      output.textContent = weight;
      input.setAttribute("aria-valuetext", weight);
    }
  }

  function tell() {
    const waiting = box.waiting();
    const oldest = waiting.length ? Date.now() - waiting[0].at : 0;
    const count = waiting.length === 1 ? words.unsaved_one : words.unsaved_other;
    const settled = savedAt ? fill(words.saved, { time: savedAt }) : words.nothing_to_save;
    const calm = tried ? words.not_kept : settled;
    status.textContent = waiting.length ? fill(count, { n: waiting.length }) : calm;
    status.dataset.pending = waiting.length;
    status.dataset.lost = String(oldest > RETRY_MS);
    const told = oldest > RETRY_MS ? words.no_contact : model.get("note");
    if (note.textContent !== told) note.textContent = told;
    note.hidden = !told;
  }

  function send() {
    const waiting = box.waiting();
    // One letter at a time: a kernel that draws slowly is never flooded by a moving slider.
    if (!waiting.length || Date.now() - sentAt < RETRY_MS) return;
    sentAt = Date.now();
    try {
      model.send({ type: "changes", changes: waiting.map(({ key, ...op }) => op) });
    } catch {
      // A dead connection throws; the change stays in the outbox and the status says so.
    }
  }

  function moved(name) {
    const saved = model.get("saved")[name];
    const value = +sliders[name].input.value;
    box.put({ op_id: freshId(), session, criterion: name, value, before: saved ?? null, at: Date.now() });
    label();
    tell();
    clearTimeout(pause);
    pause = setTimeout(send, PAUSE_MS);
  }

  function answered(content) {
    if (content.type !== "answers") return;
    const settled = content.answers.filter((answer) => answer.state !== "later");
    box.settle(new Set(settled.map((answer) => answer.op_id)));
    tried = settled.length ? settled.some((answer) => answer.state === "tried") : tried;
    const clock = { hour: "2-digit", minute: "2-digit" };
    if (settled.some((answer) => answer.state === "saved")) {
      savedAt = new Date().toLocaleTimeString(words.locale, clock);
    }
    sentAt = settled.length ? 0 : sentAt;
    show();
    send();
  }

  function show() {
    const waiting = Object.fromEntries(box.waiting().map((op) => [op.criterion, op.value]));
    for (const [name, value] of Object.entries(model.get("values"))) {
      const wanted = String(waiting[name] ?? value);
      if (sliders[name] && sliders[name].input.value !== wanted) sliders[name].input.value = wanted;
    }
    label();
    tell();
  }

  for (const row of model.get("rows")) {
    const field = made("label", "kam-weights-field");
    const input = made("input", "kam-weights-slider");
    Object.assign(input, { type: "range", min: limits.low, max: limits.high, step: limits.step });
    input.dataset.criterion = row.criterion;
    input.addEventListener("input", () => moved(row.criterion));
    const output = made("output", "kam-weights-value");
    field.append(made("span", "kam-weights-name", row.label), input, output);
    fields.append(field);
    sliders[row.criterion] = { input, output };
  }
  root.append(fields, status, note);
  el.append(root);

  model.on("msg:custom", answered);
  model.on("change:values", show);
  model.on("change:labels", label);
  model.on("change:note", tell);
  const beat = setInterval(() => {
    send();
    tell();
  }, 1000);
  show();
  send();
  root.dataset.ready = "true";
  return () => {
    clearInterval(beat);
    clearTimeout(pause);
    model.off("msg:custom", answered);
    model.off("change:values", show);
    model.off("change:labels", label);
    model.off("change:note", tell);
  };
}

export default { render };
