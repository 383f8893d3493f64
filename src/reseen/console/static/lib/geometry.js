/* How the target's picture lies in the source's, from the transform of an envelope.

   The envelope gives the box around the target's whole frame in fractions of the source (`cropped`, or
   `inset` where nothing of it lies outside, or all of the source), a clockwise turn and a mirroring,
   which comes first. From these and both sizes in pixels follows one affine matrix [a b c d e f], as
   SVG writes it, from pixels of the target to pixels of the source. */

const radians = (degrees) => (degrees * Math.PI) / 180;

/** Target to source; sizes are [width, height]. Without a transform one picture covers the other. */
export function matrixOf(transform, source, target) {
  const { mirrored = false, rotated = 0 } = transform ?? {};
  const [x, y, w, h] = transform?.cropped ?? transform?.inset ?? [0, 0, 1, 1];
  const box = [w * source[0], h * source[1]];
  const [c, s] = [Math.cos(radians(rotated)), Math.sin(radians(rotated))];
  const [wide, high] = sides(box, target, Math.abs(c), Math.abs(s));
  const sx = ((mirrored ? -1 : 1) * wide) / target[0];
  const sy = high / target[1];
  const [a, b, k, d] = [c * sx, s * sx, -s * sy, c * sy];
  const [cx, cy] = [x * source[0] + box[0] / 2, y * source[1] + box[1] / 2];
  return [a, b, k, d, cx - (a * target[0] + k * target[1]) / 2, cy - (b * target[0] + d * target[1]) / 2];
}

/** The width and height of the turned frame that just fits the box. Towards 45 degrees every pair of
    sides fits, so the target's own aspect decides. */
function sides([w, h], target, c, s) {
  const det = c * c - s * s;
  if (Math.abs(det) > 0.3) {
    const [wide, high] = [(w * c - h * s) / det, (h * c - w * s) / det];
    if (wide > 0 && high > 0) return [wide, high];
  }
  const scale = (w / (target[0] * c + target[1] * s) + h / (target[0] * s + target[1] * c)) / 2;
  return [scale * target[0], scale * target[1]];
}

export const apply = ([a, b, c, d, e, f], [x, y]) => [a * x + c * y + e, b * x + d * y + f];

export function inverse([a, b, c, d, e, f]) {
  const det = a * d - b * c;
  return [d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det];
}

const frame = ([w, h]) => [[0, 0], [w, 0], [w, h], [0, h]];

/** What both show: the polygon in pixels of the source, and the same corners in the target. */
export function shared(matrix, source, target) {
  const inSource = clip(frame(target).map((corner) => apply(matrix, corner)), source);
  const back = inverse(matrix);
  return { source: inSource, target: inSource.map((corner) => apply(back, corner)) };
}

/** A polygon within [0, w] x [0, h], one edge after the other (Sutherland and Hodgman). */
function clip(polygon, [w, h]) {
  const edges = [
    [([x]) => x, 0], [([x]) => -x, -w], [([, y]) => y, 0], [([, y]) => -y, -h],
  ];
  return edges.reduce((points, [along, limit]) => points.flatMap((point, i) => {
    const before = points.at(i - 1);
    const [here, there] = [along(point) - limit, along(before) - limit];
    const cross = () => {
      const t = there / (there - here);
      return [before[0] + t * (point[0] - before[0]), before[1] + t * (point[1] - before[1])];
    };
    if (here >= 0) return there >= 0 ? [point] : [cross(), point];
    return there >= 0 ? [cross()] : [];
  }), polygon);
}
