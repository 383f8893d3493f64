/* Exchanges are not part of this server yet; what there is instead. */

import { html } from "../lib/view.js";
import { href } from "../lib/router.js";

export default function Exchanges() {
  return html`<div class="page">
    <div class="page-head"><div><h1>Exchanges</h1><p>Lists that come from others, and go to others.</p></div></div>
    <section class="panel prose" aria-labelledby="none"><h2 id="none">This server does not sync with exchanges yet</h2>
      <p>There is no connection to ThreatExchange or a like service here, so nothing is fetched or shared by itself, and there is nothing to set up on this page.</p>
      <h3>What there is instead: files</h3>
      <p>A list of hashes or addresses goes into a bank as a file. Lines may hold a URL, an MD5, a SHA-256 or a PDQ hash; CSV files with a head, and lists of JSON objects, are read too. Matches of such entries are found like all others.</p>
      <ul><li>Here: <a href=${href("/banks")}>open a bank</a> and drop the file.</li>
        <li>On a command line: <code>reseen ingest LIST --bank NAME</code>, resumable, with an error for each line that cannot be read.</li>
        <li>For what you share: <code>reseen audit</code> and <a href=${href("/statements")}>statements</a> export what was decided; hashes of a bank are in its references.</li></ul>
    </section></div>`;
}
