package demo

import (
	"fmt"

	"rollbook/internal/domain"
)

// texts are a label in five languages.
type texts [5]string

var languages = [5]string{"en", "fr", "de", "it", "es"}

func (t texts) labels() map[string]string {
	m := map[string]string{}
	for i, l := range languages {
		m[l] = t[i]
	}
	return m
}

func (t texts) in(lang string) string {
	for i, l := range languages {
		if l == lang {
			return t[i]
		}
	}
	return t[0]
}

type choice struct {
	code    string
	label   texts
	retired bool
	unused  bool // no contact has it, so it may be removed
}

type field struct {
	code   string
	kind   domain.Kind
	label  texts
	values []choice
	max    int
	places int // decimals of a number
}

// same is a label that is the same in every language.
func same(s string) texts { return texts{s, s, s, s, s} }

var fields = []field{
	{code: "EMAIL", kind: domain.Authorisation, label: texts{"Contact by e-mail", "Contact par e-mail", "Kontakt per E-Mail", "Contatto via e-mail", "Contacto por correo electrónico"}},
	{code: "PARTNERS", kind: domain.Authorisation, label: texts{"Passing on to partners", "Transmission aux partenaires", "Weitergabe an Partner", "Comunicazione ai partner", "Cesión a socios"}},
	{code: "PHONE", kind: domain.Authorisation, label: texts{"Contact by telephone", "Contact par téléphone", "Kontakt per Telefon", "Contatto telefonico", "Contacto por teléfono"}},
	{code: "POST", kind: domain.Authorisation, label: texts{"Contact by post", "Contact par courrier", "Kontakt per Post", "Contatto per posta", "Contacto por correo postal"}},
	{code: "GENRE", kind: domain.SingleChoice, label: texts{"Favourite genre", "Genre préféré", "Lieblingsgenre", "Genere preferito", "Género preferido"}, values: []choice{
		{code: "CLASSICAL", label: texts{"Classical music", "Musique classique", "Klassische Musik", "Musica classica", "Música clásica"}},
		{code: "OPERA", label: texts{"Opera", "Opéra", "Oper", "Opera lirica", "Ópera"}},
		{code: "JAZZ", label: same("Jazz")},
		{code: "ROCK", label: same("Rock")},
		{code: "FOLK", label: texts{"Folk and world", "Folk et musiques du monde", "Folk und Weltmusik", "Folk e musica etnica", "Folk y músicas del mundo"}},
		{code: "THEATRE", label: texts{"Theatre", "Théâtre", "Theater", "Teatro", "Teatro"}},
		{code: "DANCE", label: texts{"Dance", "Danse", "Tanz", "Danza", "Danza"}},
		{code: "CIRCUS", label: texts{"Circus", "Cirque", "Zirkus", "Circo", "Circo"}, unused: true},
		{code: "FAMILY", label: texts{"Family", "Famille", "Familie", "Famiglia", "Familia"}},
		{code: "OTHER_MUSIC", label: texts{"Other", "Autre", "Andere", "Altro", "Otro"}}, // one label for two codes
		{code: "OTHER_STAGE", label: texts{"Other", "Autre", "Andere", "Altro", "Otro"}},
	}},
	{code: "INTERESTS", kind: domain.MultiChoice, label: texts{"Interests", "Centres d'intérêt", "Interessen", "Interessi", "Intereses"}, values: []choice{
		{code: "CONCERTS", label: texts{"Concerts", "Concerts", "Konzerte", "Concerti", "Conciertos"}},
		{code: "PLAYS", label: texts{"Plays", "Pièces de théâtre", "Schauspiel", "Prosa", "Obras de teatro"}},
		{code: "EXHIBITIONS", label: texts{"Exhibitions", "Expositions", "Ausstellungen", "Mostre", "Exposiciones"}},
		{code: "FESTIVALS", label: texts{"Festivals", "Festivals", "Festivals", "Festival", "Festivales"}},
		{code: "WORKSHOPS", label: texts{"Workshops", "Ateliers", "Workshops", "Laboratori", "Talleres"}},
		{code: "TALKS", label: texts{"Talks", "Conférences", "Vorträge", "Conferenze", "Charlas"}},
		{code: "CINEMA", label: texts{"Cinema", "Cinéma", "Kino", "Cinema", "Cine"}},
		{code: "LITERATURE", label: texts{"Literature", "Littérature", "Literatur", "Letteratura", "Literatura"}},
		{code: "GUIDED_TOURS", label: texts{"Guided tours", "Visites guidées", "Führungen", "Visite guidate", "Visitas guiadas"}},
		{code: "CHILDREN", label: texts{"Children's events", "Jeune public", "Kinderveranstaltungen", "Eventi per bambini", "Actividades infantiles"}},
		{code: "GASTRONOMY", label: texts{"Food and drink", "Gastronomie", "Gastronomie", "Enogastronomia", "Gastronomía"}},
		{code: "VOLUNTEERING", label: texts{"Volunteering", "Bénévolat", "Ehrenamt", "Volontariato", "Voluntariado"}},
	}},
	{code: "SEGMENT", kind: domain.SingleChoice, label: texts{"Segment", "Segment", "Segment", "Segmento", "Segmento"}, values: []choice{
		{code: "REGULAR", label: texts{"Regular", "Habitué", "Stammgast", "Abituale", "Habitual"}},
		{code: "OCCASIONAL", label: texts{"Occasional", "Occasionnel", "Gelegentlich", "Occasionale", "Ocasional"}},
		{code: "PATRON", label: texts{"Patron", "Mécène", "Förderer", "Mecenate", "Mecenas"}},
		{code: "PRESS", label: texts{"Press", "Presse", "Presse", "Stampa", "Prensa"}},
		{code: "SCHOOL", label: texts{"School", "École", "Schule", "Scuola", "Escuela"}},
		{code: "LAPSED", label: texts{"Lapsed", "Perdu de vue", "Verloren", "Perso di vista", "Inactivo"}},
		{code: "GOLD", label: texts{"Gold card", "Carte or", "Goldkarte", "Carta oro", "Tarjeta oro"}, retired: true},
	}},
	{code: "NEWSLETTER_LANGUAGE", kind: domain.SingleChoice, label: texts{"Newsletter language", "Langue de la newsletter", "Newsletter-Sprache", "Lingua della newsletter", "Idioma del boletín"}, values: []choice{
		{code: "EN", label: texts{"English", "Anglais", "Englisch", "Inglese", "Inglés"}},
		{code: "FR", label: texts{"French", "Français", "Französisch", "Francese", "Francés"}},
		{code: "DE", label: texts{"German", "Allemand", "Deutsch", "Tedesco", "Alemán"}},
		{code: "IT", label: texts{"Italian", "Italien", "Italienisch", "Italiano", "Italiano"}},
		{code: "ES", label: texts{"Spanish", "Espagnol", "Spanisch", "Spagnolo", "Español"}},
	}},
	// Codes that a spreadsheet takes for numbers and dates.
	{code: "ZONE", kind: domain.SingleChoice, label: texts{"Seat zone", "Zone de placement", "Platzzone", "Zona posti", "Zona de asiento"}, values: []choice{
		{code: "1", label: texts{"Stalls", "Parterre", "Parkett", "Platea", "Platea"}},
		{code: "2", label: texts{"Boxes", "Loges", "Logen", "Palchi", "Palcos"}},
		{code: "3", label: texts{"Balcony", "Balcon", "Balkon", "Balconata", "Balcón"}},
		{code: "4", label: texts{"Gallery", "Galerie", "Galerie", "Loggione", "Paraíso"}},
		{code: "5", label: texts{"Standing", "Debout", "Stehplatz", "In piedi", "De pie"}},
	}},
	{code: "SERIES", kind: domain.SingleChoice, label: texts{"Subscription series", "Série d'abonnement", "Abonnementreihe", "Turno di abbonamento", "Turno de abono"}, values: []choice{
		{code: "MAR1", label: texts{"March, first series", "Mars, première série", "März, erste Reihe", "Marzo, primo turno", "Marzo, primer turno"}},
		{code: "MAR2", label: texts{"March, second series", "Mars, deuxième série", "März, zweite Reihe", "Marzo, secondo turno", "Marzo, segundo turno"}},
		{code: "SEP1", label: texts{"September, first series", "Septembre, première série", "September, erste Reihe", "Settembre, primo turno", "Septiembre, primer turno"}},
		{code: "SEP2", label: texts{"September, second series", "Septembre, deuxième série", "September, zweite Reihe", "Settembre, secondo turno", "Septiembre, segundo turno"}},
	}},
	{code: "SUBSCRIBER", kind: domain.YesNo, label: texts{"Season subscriber", "Abonné", "Abonnent", "Abbonato", "Abonado"}},
	{code: "WHEELCHAIR", kind: domain.YesNo, label: texts{"Wheelchair place", "Place pour fauteuil roulant", "Rollstuhlplatz", "Posto per sedia a rotelle", "Plaza para silla de ruedas"}},
	{code: "NICKNAME", kind: domain.Text, max: 40, label: texts{"Form of address", "Formule d'appel", "Anrede", "Appellativo", "Tratamiento"}},
	{code: "NOTE", kind: domain.Text, label: texts{"Note", "Remarque", "Bemerkung", "Nota", "Nota"}},
	{code: "LAST_VISIT", kind: domain.Date, label: texts{"Last visit", "Dernière visite", "Letzter Besuch", "Ultima visita", "Última visita"}},
	{code: "SPENT", kind: domain.Number, places: 2, label: texts{"Spent this season", "Dépensé cette saison", "Ausgaben dieser Saison", "Speso in questa stagione", "Gastado esta temporada"}},
}

// settings are the institution's own. The last title is that of organisations.
func settings(in domain.InstitutionID) domain.Settings {
	s := domain.Settings{Name: "Aurora Theatre", Language: "en", Separator: ",", Country: "GB", Titles: []string{"Mr", "Ms", "Mx", "Dr", "Company"}, MailDomains: []string{"aurora.example", "example.com", "example.org"}}
	switch in {
	case Aurora:
	case Borealis:
		s = domain.Settings{Name: "Musée Borealis", Language: "fr", Separator: ";", Country: "CH", Titles: []string{"M.", "Mme", "Dr", "Société"}, MailDomains: []string{"borealis.example", "example.com", "example.org"}}
	default:
		s.Name = "Institution " + string(in)
	}
	return s
}

// Catalogue returns the institution's settings and definitions: criteria of all
// kinds and four authorisations, labelled in five languages. UsedValues
// name the values that contacts have; GENRE's CIRCUS nobody has.
func Catalogue(in domain.InstitutionID) domain.Catalogue {
	s := settings(in)
	cat := domain.Catalogue{Settings: s}
	for _, f := range fields {
		d := domain.FieldDef{Code: f.code, Label: f.label.in(s.Language), Labels: f.label.labels(), Kind: f.kind, MaxLength: f.max, Decimals: f.places, Used: true}
		for _, v := range f.values {
			d.Values = append(d.Values, domain.Choice{Code: v.code, Label: v.label.in(s.Language), Labels: v.label.labels(), Retired: v.retired})
			if !v.unused {
				d.UsedValues = append(d.UsedValues, v.code)
			}
		}
		cat.Fields = append(cat.Fields, d)
	}
	return cat
}

// Targets returns a few dynamic targets. Their ids are the institution's own.
func Targets(in domain.InstitutionID) []domain.Target {
	h := seed(in)
	var out []domain.Target
	for i, t := range []struct {
		name      texts
		condition string
	}{
		{texts{"Everybody", "Tous les contacts", "Alle Kontakte", "Tutti i contatti", "Todos los contactos"},
			`{"all":[]}`},
		{texts{"Subscribers", "Abonnés", "Abonnenten", "Abbonati", "Abonados"},
			`{"field":"criterion:SUBSCRIBER","op":"is","value":true}`},
		{texts{"Jazz and rock lovers", "Amateurs de jazz et de rock", "Jazz- und Rockfreunde", "Amanti di jazz e rock", "Amantes del jazz y del rock"},
			`{"field":"criterion:GENRE","op":"in","value":["JAZZ","ROCK"]}`},
		{texts{"Festival-goers we may write to", "Festivaliers joignables par e-mail", "Festivalgäste mit E-Mail-Erlaubnis", "Pubblico dei festival contattabile", "Público de festivales con permiso de correo"},
			`{"all":[{"field":"criterion:INTERESTS","op":"contains","value":"FESTIVALS"},{"field":"authorisation:EMAIL","op":"is","value":true}]}`},
		{texts{"Authorisation by e-mail not yet asked", "Autorisation e-mail pas encore demandée", "E-Mail-Erlaubnis noch nicht erfragt", "Autorizzazione e-mail da chiedere", "Autorización de correo por pedir"},
			`{"all":[{"field":"authorisation:EMAIL","op":"isEmpty"},{"field":"contact:email","op":"isNotEmpty"}]}`},
		{texts{"Born before 1960, not lapsed", "Nés avant 1960, toujours actifs", "Vor 1960 geboren, noch aktiv", "Nati prima del 1960, ancora attivi", "Nacidos antes de 1960, activos"},
			`{"all":[{"field":"contact:birthDate","op":"before","value":"1960-01-01"},{"not":{"field":"criterion:SEGMENT","op":"is","value":"LAPSED"}}]}`},
		{texts{"French or Italian speakers", "Francophones ou italophones", "Französisch- oder Italienischsprachige", "Di lingua francese o italiana", "De lengua francesa o italiana"},
			`{"any":[{"field":"contact:language","op":"is","value":"fr"},{"field":"contact:language","op":"is","value":"it"}]}`},
	} {
		out = append(out, domain.Target{
			ID:        fmt.Sprintf("019b8c5e-%04x-7%03x-8%03x-%012x", h>>48&0xffff, h>>36&0xfff, h>>24&0xfff, i+1),
			Name:      t.name.in(settings(in).Language),
			Condition: []byte(t.condition),
			CreatedAt: since,
			CreatedBy: "demo",
		})
	}
	return out
}
