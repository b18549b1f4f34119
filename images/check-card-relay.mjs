/** The container's health check: does the relay answer over TLS that it lives? */
import { get } from 'node:https'

// Its certificate is for the name that merchants call, not for this address; who answers here is this container.
const options = { port: process.env.RELAY_PORT || 4001, path: '/health/live', rejectUnauthorized: false, agent: false }
get({ host: '127.0.0.1', ...options }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () =>
  process.exit(1),
)
