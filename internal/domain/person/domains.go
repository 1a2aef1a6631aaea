package person

import "strings"

// mailDomains are the large mail services of the English, French, German,
// Italian and Spanish speaking countries of Europe, and of North America.
var mailDomains = func() map[string]bool {
	m := map[string]bool{}
	for d := range strings.FieldsSeq(`
		gmail.com googlemail.com yahoo.com ymail.com rocketmail.com hotmail.com outlook.com live.com msn.com
		icloud.com me.com mac.com aol.com mail.com email.com proton.me protonmail.com protonmail.ch pm.me fastmail.com
		gmx.com gmx.net zoho.com comcast.net verizon.net att.net sbcglobal.net cox.net

		yahoo.co.uk hotmail.co.uk live.co.uk outlook.ie yahoo.ie googlemail.co.uk btinternet.com btopenworld.com
		sky.com talktalk.net virginmedia.com ntlworld.com blueyonder.co.uk tiscali.co.uk eircom.net

		orange.fr wanadoo.fr free.fr sfr.fr neuf.fr laposte.net hotmail.fr outlook.fr live.fr yahoo.fr gmx.fr
		bbox.fr numericable.fr club-internet.fr cegetel.net aliceadsl.fr skynet.be telenet.be proximus.be hotmail.be

		gmx.de web.de t-online.de freenet.de arcor.de mail.de posteo.de mailbox.org online.de vodafone.de
		hotmail.de outlook.de live.de yahoo.de googlemail.de aol.de netcologne.de kabelmail.de
		gmx.at hotmail.at outlook.at aon.at chello.at a1.net
		bluewin.ch gmx.ch sunrise.ch hispeed.ch swissonline.ch bluemail.ch quickline.ch netplus.ch romandie.com
		hotmail.ch outlook.ch yahoo.ch

		libero.it virgilio.it alice.it tin.it tiscali.it hotmail.it outlook.it live.it yahoo.it fastwebnet.it
		inwind.it iol.it email.it tim.it vodafone.it ticino.com

		hotmail.es outlook.es yahoo.es live.es gmx.es telefonica.net movistar.es ono.com orange.es euskaltel.net
	`) {
		m[d] = true
	}
	return m
}()

// mailNames are the names of the mail services, the first parts of their
// domains; servicesBy are their names by what comes after (com, co.uk).
var mailNames, servicesBy = func() (map[string]bool, map[string][]string) {
	names, by := map[string]bool{}, map[string][]string{}
	for d := range mailDomains {
		first, end, _ := strings.Cut(d, ".")
		names[first] = true
		by[end] = append(by[end], first)
	}
	return names, by
}()

// ends are slips of .com that are no ends of domains.
var ends = map[string]bool{"con": true, "cmo": true, "ocm": true, "comm": true, "vom": true, "xom": true, "cim": true, "coom": true, "coim": true}

// countryEnds are slips of .com too, but also the ends of other domains.
var countryEnds = map[string]bool{"co": true, "cm": true, "om": true, "cn": true}

// nearAddress returns the address that a slip of the pen was meant to be: one
// letter of a large service's name is missing, doubled, other or exchanged with
// its neighbour (in a short name only exchanged), or .com is misspelt. A name
// with another end (hotmail.pt) is another country's service and no slip, save
// for gmail, which has only one.
func nearAddress(address string) (string, bool) {
	local, domain, _ := strings.Cut(address, "@")
	if mailDomains[domain] {
		return "", false
	}
	first, end, _ := strings.Cut(domain, ".")
	if ends[end] {
		if near, ok := nearDomain(first, "com"); ok {
			return local + "@" + near, true
		}
		return local + "@" + first + ".com", true
	}
	switch {
	case first == "gmail":
		return local + "@gmail.com", true
	case mailNames[first]:
		return local + "@" + first + ".com", countryEnds[end] && mailDomains[first+".com"]
	}
	near, ok := nearDomain(first, end)
	return local + "@" + near, ok
}

// nearDomain returns the service with the end whose name is one slip away.
func nearDomain(first, end string) (near string, ok bool) {
	for _, n := range servicesBy[end] {
		if n == first {
			return n + "." + end, true
		}
		if slip(first, n) && (len(n) >= 5 || len(first) == len(n) && swapped(first, n)) {
			if ok {
				return "", false
			}
			near, ok = n+"."+end, true
		}
	}
	return near, ok
}

// slip tells whether two words are the same but for one letter that is missing,
// added or other, or two neighbours that are exchanged.
func slip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		return i < len(a) && (a[i+1:] == b[i+1:] || swapped(a, b))
	case 1:
		return a[i:] == b[i+1:]
	}
	return false
}

// swapped tells whether two words of the same length differ in two neighbours
// that are exchanged.
func swapped(a, b string) bool {
	for i := range len(a) {
		if a[i] != b[i] {
			return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}
