import type { PspReply } from '../port.ts'

/** Replies from which nothing may be concluded, whatever the PSP. */
export const unreadableReplies: PspReply[] = [
  ...[200, 201].flatMap((status) =>
    [
      '',
      'null',
      '[]',
      '{}',
      '0',
      '"approved"',
      '{"status":"captured"}',
      '{"object":"payment"',
      '<html>OK</html>',
      '\u0000',
      '['.repeat(50_000),
      ' '.repeat(2_000_000),
    ].map((body) => ({ status, headers: {}, body })),
  ),
  ...[100, 204, 301, 302, 304, 500, 502, 503, 504, 599, 0].map((status) => ({ status, headers: {}, body: '{}' })),
  // A 4xx whose body is not the PSP's own may come from anything on the way.
  ...[400, 401, 403, 404, 408, 409, 422, 425, 429, 499].map((status) => ({
    status,
    headers: {},
    body: '<html>No</html>',
  })),
]
