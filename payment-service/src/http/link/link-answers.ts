import { makePolicy, type ServedPage } from '@fincore/api-contract/served-pages'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { addParameter } from '../../flows/merchant-url.ts'
import type { Link } from '../../flows/read-link.ts'
import type { LinkedSession } from '../../store/sessions.ts'
import { messagePage, payPage } from './assets.ts'
import { type Cell, type LinkEvent, linkMatrix } from './matrix.ts'
import { renderMessage, renderPayPage } from './pages.ts'
import { chooseLanguage, type Language } from './texts.ts'

/** The confirming page asks again after this long, and this many times before it says that it takes longer. */
const askAgainAfterS = 3
const askAgainAtMost = 10

/** Answers as the matrix says. */
export function sendCell(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  link: Link,
  event: LinkEvent,
): FastifyReply {
  const cell: Cell = linkMatrix[link.state][event]
  const session = sessionOf(link)
  const language = languageOf(request, link)
  if ('goal' in cell) {
    if (session === null) throw new Error('The matrix sends an unknown link on')
    const goals = {
      psp: session.psp_url ?? pathOf(request),
      link: pathOf(request),
      success_url: addParameter(session.success_url, 'payment_session', session.id),
      cancel_url: addParameter(session.cancel_url, 'payment_session', session.id),
    }
    return goTo(reply, goals[cell.goal])
  }
  if (cell.page === 'pay') {
    if (session === null) throw new Error('The matrix shows the pay page for an unknown link')
    return sendPage(deps, reply, cell.status, renderPayPage(session, pathOf(request), language), payPage)
  }
  return sendPage(deps, reply, cell.status, renderMessage(cell.page, session, language, wayBack(link)))
}

/** The way back to the shop: to the page of success only for the browser that used the link. */
function wayBack(link: Link): { href: string } | undefined {
  if (link.state === 'completed' && link.isThisBrowser)
    return { href: addParameter(link.session.success_url, 'payment_session', link.session.id) }
  if (link.state === 'expired' || link.state === 'canceled')
    return { href: addParameter(link.session.cancel_url, 'payment_session', link.session.id) }
  return undefined
}

/** The page of a payment that is not known yet: it asks again by itself, a bounded number of times. */
export function sendConfirming(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  link: Link,
  count: number,
): FastifyReply {
  const language = languageOf(request, link)
  if (count >= askAgainAtMost) {
    return sendPage(
      deps,
      reply,
      200,
      renderMessage('still_confirming', sessionOf(link), language, { href: `${pathOf(request)}/return` }),
    )
  }
  // As a header, because a refresh in the page itself is an accessibility fault that tools report.
  reply.header('refresh', `${askAgainAfterS}; url=${pathOf(request)}/return?wait=${count + 1}`)
  return sendPage(deps, reply, 200, renderMessage('confirming', sessionOf(link), language))
}

/** Sends a page with the headers that every page of the link has; `served` is what it loads. */
export function sendPage(
  deps: Deps,
  reply: FastifyReply,
  status: number,
  page: string,
  served: ServedPage = messagePage,
): FastifyReply {
  // Chromium holds the whole chain of redirects after a form's post against form-action, and the PSP's page may be
  // anywhere; http only where FinCore itself is on http, in development.
  const schemes = deps.config.publicUrl.startsWith('https:') ? 'https:' : 'https: http:'
  return reply
    .code(status)
    .headers({
      ...privateHeaders,
      'content-security-policy': makePolicy(served, deps.config.publicUrl, {
        'img-src': 'data:',
        'form-action': `'self' ${schemes}`,
        'frame-ancestors': `'none'`,
      }),
    })
    .type('text/html; charset=utf-8')
    .send(page)
}

export function goTo(reply: FastifyReply, url: string): FastifyReply {
  return reply.headers(privateHeaders).redirect(url, 303)
}

/** A link is a secret: nobody keeps it, passes it on or finds it. */
const privateHeaders = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
}

export function pathOf(request: FastifyRequest): string {
  return `/s/${encodeURIComponent((request.params as { token?: string }).token ?? '')}`
}

/** The page that was asked for, without its query; nothing of an address that cannot be a link's is given back. */
export function samePageOf(request: FastifyRequest): { href: string } | undefined {
  const [path = ''] = request.url.split('?', 1)
  return /^\/[sc]\/[\w-]{43}(\/return|\/cancel)?$/.test(path) ? { href: path } : undefined
}

export function sessionOf(link: Link): LinkedSession | null {
  return link.state === 'unknown' ? null : link.session
}

export function languageOf(request: FastifyRequest, link: Link | null): Language {
  return chooseLanguage(link === null ? null : (sessionOf(link)?.locale ?? null), request.headers['accept-language'])
}
