/** The container's health check: does the process answer? Whether it can work, `/health/ready` tells a load balancer. */
const answer = await fetch(`http://127.0.0.1:${process.env.MANAGEMENT_PORT || 4004}/health/live`).catch(() => undefined)
process.exit(answer?.status === 200 ? 0 : 1)
