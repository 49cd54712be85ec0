// The page: takes pictures by button, camera, drop and paste, and shows what a model says of each. What computes is behind
// model.js, of which there are two: one asks a server, the other (samples/Browser) computes in the browser itself. Both export
//
//   describe()                    → { classNames, largestFile }: the classes in their order, and bytes that a file may have
//   predict(bytes, say)           → { label, isKnown, top: [{ label, confidence }] }, the likeliest classes first
//   explain(bytes, label, say)    → a Blob: a picture of what speaks for a class
//
// `bytes` is a file's content, an ArrayBuffer. What can't be done is thrown as an Error with a message for people; `say` shows
// them how far a long wait is.
import * as model from "./model.js";

const barsShown = 5;
const element = (id) => document.getElementById(id);
const results = element("results");
const percent = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const megabytes = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

// Pictures wait for each other: one at a time is quick enough for people, and leaves the server to others.
let turn = Promise.resolve();

const description = model.describe().then((found) => {
  const { classNames } = found;
  const named = classNames.slice(0, 8).join(", ");
  element("about").textContent = classNames.length > 8
    ? `The model tells ${classNames.length} kinds apart: ${named} and so on.`
    : `The model tells apart: ${named}.`;
  results.style.setProperty("--bars", Math.min(barsShown, classNames.length));
  return found;
});
description.catch((error) => { element("about").textContent = error.message; });

element("choose").addEventListener("click", () => element("files").click());
element("photograph").addEventListener("click", () => element("camera").click());
for (const input of [element("files"), element("camera")])
  input.addEventListener("change", () => {
    add(input.files);
    // The same file once more is a change, too.
    input.value = "";
  });

document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length > 0)
    add(event.clipboardData.files);
  else
    tell("There is no picture in the clipboard.");
});

// A picture that misses the field must not take the page's place.
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null)
    document.body.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  if (event.dataTransfer.files.length > 0)
    add(event.dataTransfer.files);
  else
    tell("That was no file: save the picture first.");
});

element("clear").addEventListener("click", () => {
  for (const image of results.querySelectorAll("img"))
    URL.revokeObjectURL(image.src);
  results.replaceChildren();
  element("clear").disabled = true;
  element("none").hidden = false;
  element("choose").focus();
  tell("All answers are gone.");
});

/** Shows pictures above those of before, in their order, and has the model look at them. */
function add(files) {
  const cards = [...files].map((file) => new Card(file));
  results.prepend(...cards.map((card) => card.element));
  element("none").hidden = true;
  element("clear").disabled = false;
  for (const card of cards)
    turn = turn.then(() => card.isShown && card.predict());
}

/** Has screen readers say something. */
function tell(text) {
  element("status").textContent = text;
}

/** A picture and what the model says of it. */
class Card {
  constructor(file) {
    this.file = file;
    this.element = element("result").content.firstElementChild.cloneNode(true);
    [this.picture, this.heat] = this.element.querySelectorAll("img");
    this.title = this.element.querySelector("h3");
    this.note = this.element.querySelector(".note");
    this.button = this.element.querySelector("button");
    this.hint = this.element.querySelector(".why span");
    const caption = this.element.querySelector(".file");
    caption.textContent = caption.title = file.name;
    this.picture.src = URL.createObjectURL(file);
    // The model may know formats that the browser doesn't, TIFF for one: the frame stays empty then.
    this.picture.addEventListener("error", () => this.picture.remove());
    this.title.textContent = "Waiting …";
    this.button.addEventListener("click", () => this.toggleHeat());
  }

  get isShown() {
    return this.element.isConnected;
  }

  async predict() {
    this.title.textContent = "Looking …";
    try {
      const { largestFile } = await description;
      if (largestFile !== null && this.file.size > largestFile)
        throw new Error(`The file has ${inMegabytes(this.file.size)}, and at most ${inMegabytes(largestFile)} are taken.`);
      const answer = await model.predict(await this.bytes(), (text) => { this.title.textContent = text; });
      this.show(answer);
    } catch (error) {
      this.fail(error.message);
    }
  }

  show({ label, isKnown, top }) {
    this.label = top[0].label;
    this.title.textContent = label;
    const bars = top.slice(0, barsShown).map(({ label, confidence }) => {
      const bar = element("bar").content.firstElementChild.cloneNode(true);
      bar.querySelector(".name").textContent = bar.querySelector(".name").title = label;
      bar.querySelector(".share").textContent = percent.format(confidence);
      bar.style.setProperty("--share", confidence);
      return bar;
    });
    this.element.querySelector(".bars").replaceChildren(...bars);
    this.button.disabled = false;
    tell(`${this.file.name}: ${label}` + (isKnown ? `, ${percent.format(top[0].confidence)}` : ""));
  }

  fail(reason) {
    this.element.classList.add("failed");
    this.title.textContent = "No answer";
    this.note.textContent = reason;
    this.note.hidden = false;
    tell(`${this.file.name}: ${reason}`);
  }

  /** Shows what speaks for the likeliest class over the picture, or the picture again. */
  async toggleHeat() {
    if (this.isExplaining)
      return;
    const show = this.heat.hidden;
    try {
      this.isExplaining = true;
      if (show && !this.heat.src)
        await this.explain();
    } catch (error) {
      this.hint.textContent = error.message;
      tell(error.message);
      return;
    } finally {
      this.isExplaining = false;
    }
    this.heat.hidden = !show;
    this.picture.hidden = show;
    this.button.setAttribute("aria-pressed", show);
    this.hint.textContent = show ? "Red speaks most for it." : "";
    tell(show ? `Heat map of ${this.file.name} is shown.` : `${this.file.name} is shown.`);
  }

  async explain() {
    this.hint.textContent = "Looking again …";
    const map = await model.explain(await this.bytes(), this.label, (text) => { this.hint.textContent = text; });
    this.heat.alt = `Heat map: what speaks for ${this.label}`;
    this.heat.src = URL.createObjectURL(map);
    await this.heat.decode();
  }

  async bytes() {
    try {
      return await this.file.arrayBuffer();
    } catch {
      throw new Error("The file can't be read: it may be a folder, or gone.");
    }
  }
}

function inMegabytes(bytes) {
  return `${megabytes.format(bytes / 1e6)} MB`;
}
