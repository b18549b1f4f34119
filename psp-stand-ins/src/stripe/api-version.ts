import { readFileSync } from 'node:fs'

/**
 * The version of Stripe's API that the official SDK is pinned to, and that every request must name. Read from the SDK's
 * source, because importing the SDK takes long.
 */
export const apiVersion: string = readVersion()

function readVersion(): string {
  const source = readFileSync(new URL('./apiVersion.js', import.meta.resolve('stripe')), 'utf8')
  const version = /ApiVersion = '([0-9]{4}-[0-9]{2}-[0-9]{2}\.[a-z]+)'/.exec(source)?.[1]
  if (!version) throw new Error('The SDK does not say its API version where it did')
  return version
}
