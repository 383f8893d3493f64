/* Two media elements that play the same stretch side by side.

   The source leads; the target follows at `target = target_start + rate * (source - source_start)`,
   its speed nudged for small drifts and its place set for large ones. A film that runs backwards
   cannot be played so by a browser: its target is set to one place after the other, in silence. */

const SEEK_S = 0.35;
const DRIFT_S = 0.02;
const NUDGE = 0.08;
const BACKWARDS_STEP_MS = 120;
const [SLOWEST, FASTEST] = [0.0625, 16];

const isClocked = (element) => element instanceof HTMLMediaElement;

export class InStep {
  /** `tell` is called with { playing, source, target, drift } whenever one of them changes. A side that
      is a still is null. */
  constructor(source, target, tell) {
    Object.assign(this, { source, target, tell, segment: null, playing: false, timer: 0, listening: "both" });
  }

  get both() {
    return isClocked(this.source) && isClocked(this.target);
  }

  get rate() {
    return this.segment?.rate ?? 1;
  }

  /** Where the target should be while the source is at `time`. */
  follow(time) {
    const { source_start: a = 0, target_start: b = 0 } = this.segment ?? {};
    return Math.max(0, this.rate < 0 ? this.segment.target_end + this.rate * (time - a) : b + this.rate * (time - a));
  }

  get drift() {
    return this.both ? this.target.currentTime - this.follow(this.source.currentTime) : 0;
  }

  choose(segment) {
    this.segment = segment;
    this.place(segment.source_start, segment.target_start);
  }

  /** Put both at a time of the source, or of a target whose source is a still. */
  seek(time) {
    if (isClocked(this.source)) this.place(time, this.follow(time));
    else this.place(0, time);
  }

  /** Put both where one side is at a time of its own. */
  seekFrom(side, time) {
    if (side === "source" || !this.both) return this.seek(time);
    const { source_start: a = 0, target_start: b = 0, target_end: d = 0 } = this.segment ?? {};
    return this.seek(Math.max(0, a + (time - (this.rate < 0 ? d : b)) / this.rate));
  }

  place(source, target) {
    if (isClocked(this.source)) this.source.currentTime = source;
    if (isClocked(this.target)) this.target.currentTime = this.rate < 0 ? this.follow(source) : target;
    this.say();
  }

  async play() {
    const sides = [this.source, this.rate < 0 ? null : this.target].filter(isClocked);
    this.prepare();
    this.playing = true;
    this.watch();
    await Promise.all(sides.map((side) => side.play().catch((error) => {
      if (error.name !== "AbortError") this.pause();
    })));
    this.say();
  }

  pause() {
    this.playing = false;
    clearInterval(this.timer);
    for (const side of [this.source, this.target]) if (isClocked(side)) side.pause();
    this.say();
  }

  toggle() {
    return this.playing ? this.pause() : this.play();
  }

  /** "source", "target", "both" or "none". */
  listen(to) {
    this.listening = to;
    this.prepare();
  }

  prepare() {
    const { source, target, listening } = this;
    if (isClocked(source)) source.muted = listening === "none" || (listening === "target" && isClocked(target));
    if (!isClocked(target)) return;
    target.muted = listening === "none" || (listening === "source" && isClocked(source));
    if (this.rate < 0) return void (target.muted = true);
    target.playbackRate = clamp(this.rate, SLOWEST, FASTEST);
    // A speed change that took the pitch along is undone by one that does so, too.
    target.preservesPitch = Math.abs((this.segment?.pitch ?? 0) - 12 * Math.log2(this.rate)) > 0.5;
  }

  watch() {
    clearInterval(this.timer);
    this.timer = setInterval(() => this.correct(), this.rate < 0 ? BACKWARDS_STEP_MS : 100);
  }

  correct() {
    const { source, target, segment } = this;
    const lead = isClocked(source) ? source : target;
    const end = isClocked(source) ? segment?.source_end : segment?.target_end;
    if (!lead || lead.ended || (end && segment.clock !== "still" && lead.currentTime >= end)) return this.pause();
    if (this.both && !source.seeking && !target.seeking) {
      const { drift } = this;
      if (this.rate < 0) target.currentTime = this.follow(source.currentTime);
      else if (Math.abs(drift) > SEEK_S) target.currentTime = this.follow(source.currentTime);
      else {
        const nudge = Math.abs(drift) > DRIFT_S ? clamp(-drift, -NUDGE, NUDGE) : 0;
        target.playbackRate = clamp(this.rate * (1 + nudge), SLOWEST, FASTEST);
      }
    }
    this.say();
    return undefined;
  }

  say() {
    const at = (side) => (isClocked(side) ? side.currentTime : null);
    this.tell({ playing: this.playing, source: at(this.source), target: at(this.target), drift: this.drift });
  }

  close() {
    clearInterval(this.timer);
    this.playing = false;
    this.tell = () => {};
    for (const side of [this.source, this.target]) if (isClocked(side)) side.pause();
  }
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
