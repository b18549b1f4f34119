import { renderFileTags, type ServedPage } from '@fincore/api-contract/served-pages'
import { type Html, html } from './html.ts'
import { pages } from './served-pages.ts'

/** `served` is what the page loads; without it, its style alone. */
export type Page = { title: string; main: Html; head?: Html; served?: ServedPage }

/** The frame of every page. No inline script or style: the pages are served with a strict Content-Security-Policy. */
export function renderPage(page: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · Aske Stoneware</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
${renderFileTags(page.served ?? pages.plain)}
${page.head ?? null}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="site">
  <a class="wordmark" href="/">
    <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false"><path d="M6 10C6 21 10 27 12 28H20C22 27 26 21 26 10Z" class="mark"/><path d="M6 10C6 13 6.4 16 7 18C10 21 13 16 16 18S22 20 25 18C25.6 16 26 13 26 10Z" class="mark-glaze"/></svg>
    <span>Aske</span>
  </a>
  <p class="tagline">Stoneware, made slowly</p>
</header>
${page.main}
<footer class="site">
  <p>Aske is a demonstration shop of FinCore. The pots are drawings, and no real money moves.</p>
</footer>
</body>
</html>`.html
}
