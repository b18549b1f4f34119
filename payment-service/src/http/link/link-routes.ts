import type { IncomingMessage } from 'node:http'
import { errorTable } from '@fincore/api-contract/errors'
import type { FastifyRequest } from 'fastify'
import type { CardDataWatch } from '../../card-door/refuse-card-data.ts'
import type { Deps } from '../../deps.ts'
import { cancelLink } from '../../flows/cancel-link.ts'
import { addParameter } from '../../flows/merchant-url.ts'
import { openLink } from '../../flows/open-link.ts'
import { readLink } from '../../flows/read-link.ts'
import { returnFromBank } from '../../flows/return-charge.ts'
import { returnFromPsp } from '../../flows/return-link.ts'
import { toRefusal } from '../../server/problems.ts'
import { readBody } from '../../server/read-body.ts'
import type { App } from '../../server/server.ts'
import { registerLinkAssets } from './assets.ts'
import { makeBrowserSecret, readBrowserSecret, setBrowserSecret } from './browser-cookie.ts'
import { goTo, languageOf, pathOf, samePageOf, sendCell, sendConfirming, sendPage, sessionOf } from './link-answers.ts'
import { renderMessage } from './pages.ts'

const anyone = { config: { access: { by: 'anyone' } } } as const
type Token = { Params: { token: string } }
const maxFormBytes = 1_024

/** The one-time link in front of the PSP's page, and the ways back from it. docs/link-matrix.md is the contract. */
export function registerLinkRoutes(app: App, deps: Deps, watch: CardDataWatch): void {
  app.register(async (pages) => {
    // The pages' own forms are empty; whatever comes in one is looked at for card data and not read.
    pages.addContentTypeParser(
      'application/x-www-form-urlencoded',
      async (request: FastifyRequest, payload: IncomingMessage) => {
        watch.inspectForm(await readBody(payload, maxFormBytes), request)
        return null
      },
    )
    pages.setErrorHandler((error, request, reply) => {
      const { refused } = toRefusal(error, request, deps.log)
      const page = refused === 'card_data_not_accepted_here' ? 'card_data' : 'fault'
      const text = renderMessage(page, null, languageOf(request, null), samePageOf(request))
      return sendPage(deps, reply, errorTable[refused].status, text)
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
      if (isFromOtherSite(request, deps.config.publicUrl) || isPrefetch(request)) {
        return sendPage(
          deps,
          reply,
          403,
          renderMessage('other_site', null, languageOf(request, null), samePageOf(request)),
        )
      }
      const fresh = makeBrowserSecret()
      const secretOf = (id: string) => readBrowserSecret(request, id) ?? fresh
      const opened = await openLink(deps, request.params.token, secretOf, request.ip)
      if (opened.to === 'page') return sendCell(deps, request, reply, opened.link, 'post')
      if (opened.to === 'paused') {
        reply.header('retry-after', String(opened.retryAfterSeconds))
        const session = sessionOf(opened.link)
        const back =
          session === null ? undefined : { href: addParameter(session.cancel_url, 'payment_session', session.id) }
        return sendPage(deps, reply, 429, renderMessage('paused', session, languageOf(request, opened.link), back))
      }
      if (opened.to === 'try_again') {
        return sendPage(
          deps,
          reply,
          503,
          renderMessage('try_again', sessionOf(opened.link), languageOf(request, opened.link), {
            post: pathOf(request),
          }),
        )
      }
      const session = sessionOf(opened.link)
      if (session !== null) setBrowserSecret(reply, session, secretOf(session.id), deps.now())
      return goTo(reply, opened.url)
    })

    pages.get<Token & { Querystring: { wait?: unknown } }>('/s/:token/return', anyone, async (request, reply) => {
      const link = await readLink(deps, request.params.token, (id) => readBrowserSecret(request, id))
      if (link.state === 'unknown' || request.method === 'HEAD' || isPrefetch(request))
        return sendCell(deps, request, reply, link, 'return')
      const returned = await returnFromPsp(deps, link)
      if (returned.is === 'paid') return goTo(reply, returned.url)
      if (returned.is === 'unpaid') return sendCell(deps, request, reply, link, 'return')
      if (returned.is === 'ended') return sendCell(deps, request, reply, { ...link, state: returned.as }, 'return')
      return sendConfirming(deps, request, reply, link, readCount(request.query.wait))
    })

    pages.get<Token>('/s/:token/cancel', anyone, async (request, reply) => {
      const link = await readLink(deps, request.params.token, (id) => readBrowserSecret(request, id))
      if (link.state === 'unknown') return sendCell(deps, request, reply, link, 'cancel')
      const isOnlyLooking = request.method === 'HEAD' || isPrefetch(request)
      return goTo(
        reply,
        isOnlyLooking
          ? addParameter(link.session.cancel_url, 'payment_session', link.session.id)
          : await cancelLink(deps, link),
      )
    })

    pages.get<Token>('/c/:token/return', anyone, async (request, reply) => {
      const url = await returnFromBank(deps, request.params.token, readBankQuery(request.query))
      return url === null ? sendCell(deps, request, reply, { state: 'unknown' }, 'return') : goTo(reply, url)
    })
  })
}

/** What the bank's page may add to the return address, in parameters and in characters of all of them. */
const bankQueryLimits = { parameters: 20, characters: 8_192 } as const

/** What the bank's page added to the return address. More than the limits, or a name that comes twice, is nothing. */
function readBankQuery(query: unknown): Record<string, string> {
  const given = Object.entries((query ?? {}) as Record<string, unknown>)
  const read = given.filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  const characters = read.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  const isTooMuch = given.length > bankQueryLimits.parameters || characters > bankQueryLimits.characters
  return isTooMuch ? {} : Object.fromEntries(read)
}

function readCount(text: unknown): number {
  return typeof text === 'string' && /^\d{1,2}$/.test(text) ? Number(text) : 0
}

/** Browsers say it so: Sec-Purpose by the Fetch standard, the others before it. */
function isPrefetch(request: FastifyRequest): boolean {
  const { 'sec-purpose': secPurpose, purpose, 'x-moz': mozilla } = request.headers
  return [secPurpose, purpose, mozilla]
    .flat()
    .some((value) => value !== undefined && /prefetch|prerender|preview/i.test(value))
}

/**
 * A browser that knows `Sec-Fetch-Site` tells the truth in it. One that does not (Safari before 16.4) has `Origin` with a
 * POST: of ourselves, or `null`, which it writes for our own pages too, because they forbid the referrer (Fetch standard,
 * “append a request Origin header”). What is no browser has neither.
 */
function isFromOtherSite(request: FastifyRequest, publicUrl: string): boolean {
  const { 'sec-fetch-site': site, origin } = request.headers
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  return origin !== undefined && origin !== 'null' && origin !== new URL(publicUrl).origin
}
