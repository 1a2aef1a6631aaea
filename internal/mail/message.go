// Package mail writes Rollbook's mails in the user's language. They name the
// file and the target, and hold neither contact data nor secrets: what they
// link to asks for a sign-in.
package mail

// Message is one mail to one address.
type Message struct {
	To      string
	Subject string // one line
	Text    string
	HTML    string
}
