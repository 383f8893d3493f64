/* A burst to try review with: the bundled photo as several accounts might upload it, each copy cut,
   mirrored or tinted in another way. They are made in this browser. */

const DISGUISES = [
  { crop: 0, light: 1, mirrored: false, quality: 0.9 },
  { crop: 0.04, light: 1.12, mirrored: false, quality: 0.7 },
  { crop: 0.02, light: 0.9, mirrored: true, quality: 0.8 },
  { crop: 0.06, light: 1, mirrored: false, quality: 0.5 },
  { crop: 0.03, light: 1.2, mirrored: true, quality: 0.65 },
];

/** Files as `submit` takes them. */
export async function sampleBurst() {
  const answer = await fetch("/console/samples/photo.jpg");
  if (!answer.ok) throw new Error("The sample could not be loaded.");
  const photo = await createImageBitmap(await answer.blob());
  const copies = await Promise.all(DISGUISES.map((how) => disguised(photo, how)));
  photo.close();
  return copies.map((blob, i) => ({ file: new File([blob], `copy-${i + 1}.jpg`, { type: "image/jpeg" }), account: `sample-${i + 1}` }));
}

function disguised(photo, { crop, light, mirrored, quality }) {
  const canvas = document.createElement("canvas");
  const [across, down] = [photo.width * crop, photo.height * crop];
  canvas.width = Math.round(photo.width - 2 * across);
  canvas.height = Math.round(photo.height - 2 * down);
  const context = canvas.getContext("2d");
  context.filter = `brightness(${light})`;
  if (mirrored) {
    context.translate(canvas.width, 0);
    context.scale(-1, 1);
  }
  context.drawImage(photo, -across, -down);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("This browser could not make the copies."))), "image/jpeg", quality));
}
