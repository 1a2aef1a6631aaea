// Package mail writes Rollbook's mails in the user's language. They name the
// file and the target, and hold neither contact data nor secrets: what they
// link to asks for a sign-in.
//
// Letters makes the text of a mail from an import or a template that has ended;
// the words are in words/, one file for each language, and name things as the
// screen does. Once sends it: at most one mail for a job, however many copies
// of a step run, and none that is tried for more than a day.
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
