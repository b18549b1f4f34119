import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { findLinkedPages } from '@fincore/dev/pci/find-linked-pages'
import { findPages } from '@fincore/dev/pci/page-manifest'
import { type ApiWorld, createApiWorld } from '../../webhooks/testing/api-world.ts'

let world: ApiWorld
before(async () => {
  world = await createApiWorld()
})
after(() => world.close())

const isHtml = (headers: object) => String((headers as Record<string, unknown>)['content-type']).startsWith('text/html')

test('every page below /docs is linked from /docs, where people and the tests of pages find it', async () => {
  const linked = await findLinkedPages('/docs', async (path) => {
    const { headers, body } = await world.app.inject(path)
    return isHtml(headers) ? body : null
  })
  const routes = world.app.routeTable.filter(({ method, url }) => method === 'GET' && /^\/docs(\/|$)/.test(url))
  for (const { url } of routes) {
    const pattern = new RegExp(`^${url.replaceAll(/:\w+/g, '[^/]+').replaceAll('*', '.*')}$`)
    const isPage = url.includes(':') || isHtml((await world.app.inject(url)).headers)
    assert.ok(!isPage || linked.some((path) => pattern.test(path)), `${url} is linked from nowhere`)
  }
})

test('every route that answers with a page is in the table of pages', async () => {
  for (const { method, url } of world.app.routeTable) {
    if (method !== 'GET') continue
    const path = url.replaceAll(/:\w+/g, 'x')
    if (isHtml((await world.app.inject(path)).headers)) assert.notDeepEqual(findPages(path), [], url)
  }
})
