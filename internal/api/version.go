package api

// Version is the product's version, by the rules of semver.org: what changed is
// in CHANGELOG.md. It stands here only; the description of the API, /api/me, the
// screen and make version show it.
const Version = "1.0.0"
