// Package domain holds Rollbook's words: institution, contact, criterion,
// authorisation, value, import and what becomes of its rows. It depends on
// nothing but the standard library.
package domain
