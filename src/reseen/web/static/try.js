// Sends the forms of /docs with the reader's key and shows the answer, evidence as pictures.
"use strict";

const show = (output, name, text) => {
  const part = document.createElement(name);
  part.textContent = text;
  output.append(part);
  return part;
};

const bodyOf = (form) => {
  const body = new FormData();
  for (const side of ["source", "target"]) {
    const file = form.elements[side].files[0];
    const url = form.elements[side + "_url"].value;
    if (file) body.append(side, file);
    else if (url) body.append(side + "_url", url);
  }
  return body;
};

const attempt = async (form, output) => {
  const get = form.dataset.method === "GET";
  const explain = !get && form.elements.explain.checked ? "?explain=true" : "";
  const key = document.getElementById("key").value.trim();
  const response = await fetch(form.dataset.path + explain, {
    method: get ? "GET" : "POST",
    headers: key && !get ? { Authorization: "Bearer " + key } : {},
    body: get ? undefined : bodyOf(form),
  });
  const answer = await response.json();
  const pictures = answer.evidence ? answer.evidence.pictures : [];
  const words = JSON.stringify(answer, (name, value) => (name === "data" ? "..." : value), 2);
  show(output, "p", "HTTP " + response.status);
  show(output, "pre", words);
  for (const picture of pictures) {
    const image = show(output, "img", "");
    image.src = "data:" + picture.media_type + ";base64," + picture.data;
    image.alt = picture.title;
  }
};

for (const form of document.forms) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [button, output] = [form.querySelector("button"), form.querySelector("output")];
    output.textContent = "";
    button.disabled = true;
    try {
      await attempt(form, output);
    } catch (error) {
      show(output, "p", "The server could not be reached: " + error.message);
    } finally {
      button.disabled = false;
    }
  });
}
