import type { HttpAnswer, HttpClient } from './http-client.ts'

/** A shopper without a browser: follows redirects, keeps cookies, and submits the forms that pages hold. */
export type Shopper = {
  page: { url: string; status: number; html: string }
  open(url: string): Promise<void>
  /** Fills in and sends the form that has all these fields; an empty list takes the first form. */
  submit(fields: Record<string, string>): Promise<void>
  /** Follows the link with this text. */
  follow(text: string): Promise<void>
}

const mostRedirects = 10

/** @param stopAt a page of this origin is not fetched: being sent there is the end of the way. */
export function createShopper(client: HttpClient, stopAt: string): Shopper {
  const cookies = new Map<string, string>()
  const shopper: Shopper = {
    page: { url: '', status: 0, html: '' },
    open: (url) => go('GET', url),
    submit: async (fields) => {
      const form = findForm(shopper.page.html, Object.keys(fields))
      if (!form)
        throw new Error(
          `${shopper.page.url} (${shopper.page.status}) has no form with ${Object.keys(fields).join(', ')}`,
        )
      await go('POST', new URL(form.action, shopper.page.url).href, { ...form.hidden, ...fields })
    },
    follow: async (text) => {
      const href = findLink(shopper.page.html, text)
      if (href === undefined) throw new Error(`${shopper.page.url} (${shopper.page.status}) has no link “${text}”`)
      await go('GET', new URL(href, shopper.page.url).href)
    },
  }
  const go = async (method: string, url: string, form?: Record<string, string>) => {
    let answer = await visit(method, url, form)
    for (let redirects = 0; answer.status >= 301 && answer.status <= 308; redirects += 1) {
      const location = answer.headers.location
      if (typeof location !== 'string' || redirects === mostRedirects) throw new Error(`${url} redirects without end`)
      url = new URL(location, url).href
      if (new URL(url).origin === stopAt) {
        shopper.page = { url, status: answer.status, html: '' }
        return
      }
      answer = await visit('GET', url)
    }
    shopper.page = { url, status: answer.status, html: answer.text }
  }
  const visit = async (method: string, url: string, form?: Record<string, string>): Promise<HttpAnswer> => {
    const { origin } = new URL(url)
    const answer = await client.send(method, url, {
      headers: {
        accept: 'text/html',
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(method === 'POST' ? { origin, 'sec-fetch-site': 'same-origin' } : {}),
      },
      ...(form === undefined ? {} : { form }),
    })
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (name !== undefined && value !== undefined) cookies.set(name, value)
    }
    return answer
  }
  return shopper
}

type Form = { action: string; hidden: Record<string, string> }

/** Reads only the plain forms of our own pages; it is no HTML parser. */
function findForm(html: string, fields: string[]): Form | undefined {
  for (const [, attributes = '', content = ''] of html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)) {
    const inputs = [...content.matchAll(/<input\b([^>]*)>/g)].map(([, text = '']) => text)
    const names = inputs.map((input) => attributeOf(input, 'name'))
    if (!fields.every((field) => names.includes(field))) continue
    const hidden: Record<string, string> = {}
    for (const input of inputs) {
      const name = attributeOf(input, 'name')
      if (attributeOf(input, 'type') === 'hidden' && name !== undefined)
        hidden[name] = attributeOf(input, 'value') ?? ''
    }
    return { action: attributeOf(attributes, 'action') ?? '', hidden }
  }
  return undefined
}

function findLink(html: string, text: string): string | undefined {
  for (const [, attributes = '', content = ''] of html.matchAll(/<a\b([^>]*)>([\s\S]*?)<\/a>/g))
    if (content.trim() === text) return attributeOf(attributes, 'href')
  return undefined
}

function attributeOf(tag: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&')
}
