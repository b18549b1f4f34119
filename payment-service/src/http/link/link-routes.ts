import { errorTable } from '@fincore/api-contract/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { cancelLink } from '../../flows/cancel-link.ts'
import { addParameter } from '../../flows/merchant-url.ts'
import { openLink } from '../../flows/open-link.ts'
import { type Link, readLink } from '../../flows/read-link.ts'
import { returnFromBank } from '../../flows/return-charge.ts'
import { returnFromPsp } from '../../flows/return-link.ts'
import { toRefusal } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import { registerLinkAssets } from './assets.ts'
import { makeBrowserSecret, readBrowserSecret, setBrowserSecret } from './browser-cookie.ts'
import { type Cell, type LinkEvent, linkMatrix } from './matrix.ts'
import { renderMessage, renderPayPage } from './pages.ts'
import { chooseLanguage } from './texts.ts'

const anyone = { config: { access: { by: 'anyone' } } } as const
type Token = { Params: { token: string } }

/** The confirming page asks again after this long, and this many times before it says that it takes longer. */
const askAgainAfterS = 3
const askAgainAtMost = 10

/** The one-time link in front of the PSP's page, and the ways back from it. docs/link-matrix.md is the contract. */
export function registerLinkRoutes(app: App, deps: Deps): void {
  app.register(async (pages) => {
    // The pages' own forms are empty; whatever comes in one is not read. The bound keeps it small.
    pages.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'buffer', bodyLimit: 1_024 },
      async () => null,
    )
    pages.setErrorHandler((error, request, reply) => {
      const { status } = errorTable[toRefusal(error, request, deps.log).refused]
      return send(
        deps,
        request,
        reply,
        status,
        renderMessage('fault', null, languageOf(request, null), {
          href: request.method === 'GET' ? request.url : pathOf(request),
        }),
      )
    })
    registerLinkAssets(pages)

    pages.get<Token>('/s/:token', anyone, async (request, reply) => {
      const link = await readLink(deps, request.params.token, (id) => readBrowserSecret(request, id))
      const event = request.method === 'HEAD' ? 'head' : isPrefetch(request) ? 'prefetch' : 'get'
      // Given before the link is used, so that a page posted twice at once comes from one browser both times.
      if (link.state === 'fresh' && event === 'get' && readBrowserSecret(request, link.session.id) === null) {
        setBrowserSecret(reply, link.session, makeBrowserSecret(), deps.now())
      }
      return sendCell(deps, request, reply, link, event)
    })

    pages.post<Token>('/s/:token', anyone, async (request, reply) => {
      if (isFromOtherSite(request) || isPrefetch(request)) {
        return send(
          deps,
          request,
          reply,
          403,
          renderMessage('other_site', null, languageOf(request, null), { href: pathOf(request) }),
        )
      }
      const fresh = makeBrowserSecret()
      const secretOf = (id: string) => readBrowserSecret(request, id) ?? fresh
      const opened = await openLink(deps, request.params.token, secretOf)
      if (opened.to === 'page') return sendCell(deps, request, reply, opened.link, 'post')
      if (opened.to === 'try_again') {
        return send(
          deps,
          request,
          reply,
          503,
          renderMessage('try_again', sessionOf(opened.link), languageOf(request, opened.link), {
            post: pathOf(request),
          }),
        )
      }
      const session = sessionOf(opened.link)
      if (session !== null) setBrowserSecret(reply, session, secretOf(session.id), deps.now())
      return go(reply, opened.url)
    })

    pages.get<Token & { Querystring: { wait?: unknown } }>('/s/:token/return', anyone, async (request, reply) => {
      const link = await readLink(deps, request.params.token, (id) => readBrowserSecret(request, id))
      if (link.state === 'unknown' || request.method === 'HEAD' || isPrefetch(request))
        return sendCell(deps, request, reply, link, 'return')
      const returned = await returnFromPsp(deps, link)
      if (returned.is === 'paid') return go(reply, returned.url)
      if (returned.is === 'unpaid') return sendCell(deps, request, reply, link, 'return')
      if (returned.is === 'ended') return sendCell(deps, request, reply, { ...link, state: returned.as }, 'return')
      return sendConfirming(deps, request, reply, link, readCount(request.query.wait))
    })

    pages.get<Token>('/s/:token/cancel', anyone, async (request, reply) => {
      const link = await readLink(deps, request.params.token, (id) => readBrowserSecret(request, id))
      if (link.state === 'unknown') return sendCell(deps, request, reply, link, 'cancel')
      const isOnlyLooking = request.method === 'HEAD' || isPrefetch(request)
      return go(
        reply,
        isOnlyLooking
          ? addParameter(link.session.cancel_url, 'payment_session', link.session.id)
          : await cancelLink(deps, link),
      )
    })

    pages.get<Token>('/c/:token/return', anyone, async (request, reply) => {
      const url = await returnFromBank(deps, request.params.token)
      return url === null ? sendCell(deps, request, reply, { state: 'unknown' }, 'return') : go(reply, url)
    })
  })
}

/** Answers as the matrix says. */
function sendCell(
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
    return go(reply, goals[cell.goal])
  }
  if (cell.page === 'pay') {
    if (session === null) throw new Error('The matrix shows the pay page for an unknown link')
    return send(deps, request, reply, cell.status, renderPayPage(session, pathOf(request), language))
  }
  return send(deps, request, reply, cell.status, renderMessage(cell.page, session, language, wayBack(link)))
}

/** The way back to the shop: to the page of success only for the browser that used the link. */
function wayBack(link: Link): { href: string } | undefined {
  if (link.state === 'completed' && link.isThisBrowser)
    return { href: addParameter(link.session.success_url, 'payment_session', link.session.id) }
  if (link.state === 'expired' || link.state === 'canceled')
    return { href: addParameter(link.session.cancel_url, 'payment_session', link.session.id) }
  return undefined
}

function sendConfirming(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  link: Link,
  count: number,
): FastifyReply {
  const language = languageOf(request, link)
  if (count >= askAgainAtMost) {
    return send(
      deps,
      request,
      reply,
      200,
      renderMessage('still_confirming', sessionOf(link), language, { href: `${pathOf(request)}/return` }),
    )
  }
  // As a header, because a refresh in the page itself is an accessibility fault that tools report.
  reply.header('refresh', `${askAgainAfterS}; url=${pathOf(request)}/return?wait=${count + 1}`)
  return send(deps, request, reply, 200, renderMessage('confirming', sessionOf(link), language))
}

function readCount(text: unknown): number {
  return typeof text === 'string' && /^\d{1,2}$/.test(text) ? Number(text) : 0
}

function send(deps: Deps, _request: FastifyRequest, reply: FastifyReply, status: number, page: string): FastifyReply {
  // Chromium holds the whole chain of redirects after a form's post against form-action, and the PSP's page may be
  // anywhere; http only where FinCore itself is on http, in development.
  const schemes = deps.config.publicUrl.startsWith('https:') ? 'https:' : 'https: http:'
  return reply
    .code(status)
    .headers({
      ...privateHeaders,
      'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self' ${schemes}; frame-ancestors 'none'`,
    })
    .type('text/html; charset=utf-8')
    .send(page)
}

function go(reply: FastifyReply, url: string): FastifyReply {
  return reply.headers(privateHeaders).redirect(url, 303)
}

/** A link is a secret: nobody keeps it, passes it on or finds it. */
const privateHeaders = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
}

function pathOf(request: FastifyRequest): string {
  return `/s/${encodeURIComponent((request.params as { token?: string }).token ?? '')}`
}

function sessionOf(link: Link) {
  return link.state === 'unknown' ? null : link.session
}

function languageOf(request: FastifyRequest, link: Link | null) {
  return chooseLanguage(link === null ? null : (sessionOf(link)?.locale ?? null), request.headers['accept-language'])
}

/** Browsers say it so: Sec-Purpose by the Fetch standard, the others before it. */
function isPrefetch(request: FastifyRequest): boolean {
  const { 'sec-purpose': secPurpose, purpose, 'x-moz': mozilla } = request.headers
  return [secPurpose, purpose, mozilla]
    .flat()
    .some((value) => value !== undefined && /prefetch|prerender|preview/i.test(value))
}

/** A browser that knows the header tells the truth in it; one that does not know it leaves it out. */
function isFromOtherSite(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}
