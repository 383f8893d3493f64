// Sends the forms of /docs with the reader's key and shows the answer, evidence as pictures.
"use strict";

const show = (output, name, text) => {
  const part = document.createElement(name);
  part.textContent = text;
  output.append(part);
  return part;
};

// Two media: files or addresses.
const pairOf = (form) => {
  const body = new FormData();
  for (const side of ["source", "target"]) {
    const file = form.elements[side].files[0];
    const url = form.elements[side + "_url"].value;
    if (file) body.append(side, file);
    else if (url) body.append(side + "_url", url);
  }
  return body;
};

// The JSON as it stands; with a file its fields become those of a form.
const bodyOf = (form) => {
  if (form.elements.source) return pairOf(form);
  const text = form.elements.json ? form.elements.json.value : "";
  const file = form.elements.file ? form.elements.file.files[0] : undefined;
  if (!file) return text || undefined;
  const body = new FormData();
  for (const [name, value] of Object.entries(JSON.parse(text || "{}"))) {
    if (["url", "urls", "hashes"].includes(name)) continue;
    const many = Array.isArray(value) ? value : [value];
    for (const one of many) body.append(name, one === Object(one) ? JSON.stringify(one) : one);
  }
  body.append("file", file);
  return body;
};

const addressOf = (form) => {
  const query = new URLSearchParams();
  let path = form.dataset.path;
  for (const input of form.querySelectorAll("input[data-in]")) {
    const value = input.value.trim();
    if (input.dataset.in === "path") path = path.replace("{" + input.name + "}", encodeURIComponent(value));
    else if (value) query.set(input.name, value);
  }
  if (form.elements.explain && form.elements.explain.checked) query.set("explain", "true");
  return query.size ? path + "?" + query : path;
};

const attempt = async (form, output) => {
  const method = form.dataset.method || "POST";
  const key = document.getElementById("key").value.trim();
  const open = form.dataset.path.endsWith("z"); // health needs no key
  const body = method === "GET" ? undefined : bodyOf(form);
  const headers = key && !open ? { Authorization: "Bearer " + key } : {};
  if (typeof body === "string") headers["Content-Type"] = "application/json";
  const response = await fetch(addressOf(form), { method, headers, body });
  const answer = await response.json();
  const pictures = answer.evidence ? answer.evidence.pictures : [];
  const shorter = (name, value) => (name === "data" && typeof value === "string" ? "..." : value);
  const words = JSON.stringify(answer, shorter, 2);
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
