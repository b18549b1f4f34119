import { renderFileTags, type ServedPage } from '@fincore/api-contract/served-pages'
import type { LinkedSession } from '../../store/sessions.ts'
import { messagePage, payPage } from './assets.ts'
import { formatAmount } from './format-amount.ts'
import { type Html, html } from './html.ts'
import type { LinkPage } from './matrix.ts'
import { type Language, type PageText, texts } from './texts.ts'

const icons = {
  done: html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 12.5l4.500 4.500L19 7.500"></path></svg>`,
  clock: html`<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="8.500"></circle><path d="M12 7.500V12l3 2"></path></svg>`,
  cross: html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 7l10 10M17 7L7 17"></path></svg>`,
  question: html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 9.200a3 3 0 1 1 4.500 2.600c-1 .600-1.500 1.200-1.500 2.200M12 17.500v.010"></path></svg>`,
  windows: html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M8 8V5.500A1.500 1.500 0 0 1 9.500 4h9A1.500 1.500 0 0 1 20 5.500v7a1.500 1.500 0 0 1-1.500 1.500H16"></path><rect x="4" y="8" width="12" height="11" rx="1.500"></rect><path d="M4 11.500h12"></path></svg>`,
  hand: html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 3.500l7 3v5c0 4.500-3 7.500-7 9-4-1.500-7-4.500-7-9v-5zM12 8.500v4M12 15.500v.010"></path></svg>`,
  lock: html`<svg viewBox="0 0 24 24" aria-hidden="true"><rect x="5" y="10.500" width="14" height="9.500" rx="2"></rect><path d="M8.500 10.500V7.500a3.500 3.500 0 0 1 7 0v3"></path></svg>`,
  spinner: html`<span class="spinner"></span>`,
}

type MessagePage = Exclude<LinkPage, 'pay'> | 'still_confirming' | 'card_data' | 'paused' | 'fault'

const looks: Record<MessagePage, { icon: keyof typeof icons; tone: 'good' | 'wait' | 'plain' }> = {
  used_elsewhere: { icon: 'windows', tone: 'plain' },
  completed: { icon: 'done', tone: 'good' },
  expired: { icon: 'clock', tone: 'wait' },
  canceled: { icon: 'cross', tone: 'plain' },
  unknown: { icon: 'question', tone: 'plain' },
  confirming: { icon: 'spinner', tone: 'plain' },
  still_confirming: { icon: 'clock', tone: 'wait' },
  try_again: { icon: 'clock', tone: 'wait' },
  other_site: { icon: 'hand', tone: 'wait' },
  card_data: { icon: 'hand', tone: 'wait' },
  paused: { icon: 'clock', tone: 'wait' },
  fault: { icon: 'hand', tone: 'wait' },
}

/** The page that posts itself to its own address. */
export function renderPayPage(session: LinkedSession, path: string, language: Language): string {
  const t = texts[language].pay
  const amount = formatAmount(session.amount, session.currency, language)
  const heading = t.heading.replace('{merchant}', () => session.merchant_name)
  return renderPage({
    language,
    title: `${amount} · ${session.merchant_name}`,
    served: payPage,
    body: html`<p class="badge" aria-hidden="true">${initialOf(session.merchant_name)}</p>
<h1><span class="heading">${heading}</span> <span class="amount">${amount}</span></h1>
${session.description === null ? null : html`<p class="description">${session.description}</p>`}
<form method="post" action="${path}" data-opening="${t.opening}"><button class="button" type="submit">${t.action}</button></form>
<p class="note">${icons.lock}<span>${t.note}</span></p>`,
  })
}

/**
 * A page that says one thing, and what to do next.
 *
 * @param action where its button leads; a button that posts is a form.
 */
export function renderMessage(
  page: MessagePage,
  session: LinkedSession | null,
  language: Language,
  action?: { href: string } | { post: string },
): string {
  const t = texts[language]
  const said: PageText = t[page]
  const merchant = session?.merchant_name ?? t.theShop
  const fill = (text: string) =>
    text.replaceAll(/\{(merchant|amount)\}/g, (_match, name) =>
      name === 'merchant' ? merchant : session === null ? '' : formatAmount(session.amount, session.currency, language),
    )
  const { icon, tone } = looks[page]
  const more = page === 'expired' && session?.late_payments === 'refund' ? ` ${t.givenBack}` : ''
  return renderPage({
    language,
    title: fill(said.title),
    served: messagePage,
    body: html`<div class="badge ${tone}">${icons[icon]}</div>
<h1>${fill(said.title)}</h1>
<p class="text"${page === 'confirming' ? html` role="status"` : null}>${fill(said.text)}${more}</p>
${said.action === undefined || action === undefined ? null : renderAction(fill(said.action), action)}`,
  })
}

function renderAction(label: string, action: { href: string } | { post: string }): Html {
  return 'href' in action
    ? html`<a class="button" href="${action.href}" rel="noreferrer">${label}</a>`
    : html`<form method="post" action="${action.post}"><button class="button" type="submit">${label}</button></form>`
}

function initialOf(name: string): string {
  return name.match(/[\p{L}\p{N}]/u)?.[0].toUpperCase() ?? '·'
}

function renderPage(page: { language: Language; title: string; body: Html; served: ServedPage }): string {
  return html`<!doctype html>
<html lang="${page.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${page.title}</title>
<link rel="icon" href="data:,">
${renderFileTags(page.served)}
</head>
<body>
<main class="card">
${page.body}
</main>
</body>
</html>
`.html
}
