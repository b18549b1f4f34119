import type { SettingsReader } from '../settings.ts'
import type { StandInOptions } from './stand-in.ts'

/** The settings that Stripe's stand-in has beside those of every stand-in. */
export function readStripeSettings({ env, problems, integer }: SettingsReader) {
  const publicPagesUrl = env.STAND_IN_PUBLIC_PAGES_URL ?? ''
  if (publicPagesUrl !== '' && !isOrigin(publicPagesUrl))
    problems.push('STAND_IN_PUBLIC_PAGES_URL must be an origin such as https://pay.example.com, without a path')
  return {
    timings: { searchLagMs: integer('STAND_IN_SEARCH_LAG_MS', 3_000, 3_600_000) },
    ...(publicPagesUrl === '' ? {} : { publicPagesUrl }),
  } satisfies Partial<StandInOptions>
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text
}
