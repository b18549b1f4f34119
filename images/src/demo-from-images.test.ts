import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathInRepository } from '@fincore/dev/managed-process'
import { createTestDatabase } from '@fincore/dev/test-database'
import { demoFromImages } from './demo-from-images.ts'

test('services in images that are assembled from our Dockerfiles take payments in all three ways', async (t) => {
  const { ownerUrl } = await createTestDatabase(t)
  // On the repository's disk: what is copied costs nothing there.
  const cache = pathInRepository('node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'images-'))
  try {
    assert.equal(await demoFromImages({ folder, install: 'copy', databaseUrl: ownerUrl }), 0)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
