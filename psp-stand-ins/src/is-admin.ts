import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether a header has STAND_IN_ADMIN_TOKEN as its bearer token. */
export function isAdmin(adminToken: string, header: string | undefined): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${adminToken}`))
}
