// Package mail writes Rollbook's mails in the user's language.
package mail

// Message is one mail to one address.
type Message struct {
	To      string
	Subject string
	Text    string
	HTML    string
}
