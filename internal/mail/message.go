// Package mail writes Rollbook's mails in the user's language. They name the
// file and the target, and hold neither contact data nor secrets: what they
// link to asks for a sign-in.
package mail

import "rollbook/internal/domain"

// Message is one mail to one address. Job is whose mail it is, by which it is
// known when it comes back.
type Message struct {
	Job     domain.Job
	To      string
	Subject string // one line
	Text    string
	HTML    string
}
