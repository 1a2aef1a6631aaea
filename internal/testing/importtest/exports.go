package importtest

import (
	"fmt"
	"strings"

	"rollbook/internal/domain"
)

var (
	givenNames  = []string{"Nora", "Emil", "Léa", "Jonas", "Ida", "Félix", "Greta", "Karl", "Mila", "Otto", "Clara", "Hugo", "Elsa", "Anton", "Zoë", "Björn", "Inès", "Paul", "Rosa", "Ugo"}
	familyNames = []string{"Brunner", "Sommer", "Winkler", "Falk", "Lindner", "Auer", "Kessler", "Moser", "Hartwig", "Seidel"}
)

// Secret is in each cell of a column that is left out.
const Secret = "vertraulich"

// one is the i-th made-up person, from 0.
func one(i int) (given, family string) {
	return givenNames[i%len(givenNames)], familyNames[i/len(givenNames)%len(familyNames)]
}

// Export is how a system writes a list of people.
type Export struct {
	Name string
	// Country is where the institution is that has it, if that is not the demo's.
	Country string
	head    string
	row     func(i int) string
	// Look is what a look at its columns says of them, nil where nothing is asked.
	Look  map[string]string
	Holds map[domain.Field]domain.Value // of the person 7
}

// Mail is the address of the i-th person.
func Mail(i int) string { return fmt.Sprintf("person%d@list.example", i) }

// Exports are those of ten systems and some lists made by hand.
func Exports() []Export {
	left := func(names ...string) map[string]string {
		m := map[string]string{}
		for _, n := range names {
			m[n] = ""
		}
		return m
	}
	return []Export{
		{Name: "Mailchimp", head: `"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,CC,REGION,LEID,NOTES,TAGS`,
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf(`%s,%s,%s,4,"2024-02-%02d 10:11:12",CH,BE,%d,%s,"""Abo"",""%s"""`, Mail(i), g, f, 1+i%28, 500000+i, Secret, Secret)
			},
			Look:  left("MEMBER_RATING", "OPTIN_TIME", "CC", "REGION", "LEID", "NOTES", "TAGS"),
			Holds: map[domain.Field]domain.Value{domain.ContactFirstName: "Karl", domain.ContactLastName: "Brunner", domain.ContactCountry: ""}},
		{Name: "Brevo", Country: "FR", head: "EMAIL;PRENOM;NOM;SMS;EMAIL_BLACKLISTED;ADDED_TIME",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%s;%s;%s;3361%07d;%s;0%d-03-2024 09:14", Mail(i), g, f, 1100000+i, Secret, 1+i%9)
			},
			Look:  left("EMAIL_BLACKLISTED", "ADDED_TIME"),
			Holds: map[domain.Field]domain.Value{domain.ContactFirstName: "Karl", domain.ContactPhone: "+33611100007"}},
		{Name: "HubSpot", head: "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Street Address,City,Postal Code,Country/Region,Lifecycle Stage,Create Date",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%d,%s,%s,%s,,+4179%07d,Gasse %d,Bern,%d,Switzerland,%s,2024-03-12 09:14", 51000000+i, g, f, Mail(i), 1234500+i, i+1, 3001+i%20, Secret)
			},
			Look:  left("Lifecycle Stage", "Create Date"),
			Holds: map[domain.Field]domain.Value{domain.ContactStreet: "Gasse 8", domain.ContactCountry: "CH", domain.ContactPhone: "+41791234507"}},
		{Name: "Salesforce", head: `"Salutation","First Name","Last Name","Title","Mailing Street","Mailing City","Mailing Zip/Postal Code","Mailing Country","Phone","Email","Account Name","Lead Source"`,
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf(`"Ms","%s","%s","Head of %s %d","Weg %d","Basel","%d","Switzerland","+4161%07d","%s","%s","Web"`, g, f, Secret, i, i+1, 4001+i%50, 2670000+i, Mail(i), Secret)
			},
			Look:  left("Account Name", "Lead Source"),
			Holds: map[domain.Field]domain.Value{domain.ContactTitle: "Ms", domain.ContactCity: "Basel"}},
		{Name: "Outlook", head: "First Name,Middle Name,Last Name,Title,Suffix,Web Page,Birthday,E-mail Address,E-mail 2 Address,Home Phone,Mobile Phone,Business Phone,Home Street,Home City,Home Postal Code,Home Country/Region,Business Street,Business City,Business Postal Code,Categories",
			row: func(i int) string {
				g, f := one(i)
				birthday := "0/0/00"
				if i%4 == 3 {
					birthday = fmt.Sprintf("%d/%d/1985", 1+i%12, 13+i%15)
				}
				return fmt.Sprintf("%s,,%s,,,,%s,%s,,,+4179%07d,,Ring %d,Zug,6300,Switzerland,,,,%s", g, f, birthday, Mail(i), 1234500+i, i+1, Secret)
			},
			Look:  left("Categories"),
			Holds: map[domain.Field]domain.Value{domain.ContactBirthDate: "1985-08-20", domain.ContactStreet: "Ring 8"}},
		{Name: "Outlook in German", head: "Anrede;Vorname;Weitere Vornamen;Nachname;Firma;Straße privat;Ort privat;Postleitzahl privat;Land/Region privat;Telefon privat;Mobiltelefon;E-Mail-Adresse;Geburtstag;Kategorien;Notizen",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf(";%s;;%s;;Allee %d;Graz;%d;Österreich;;+43664%07d;%s;%02d.%02d.1979;;%s", g, f, i+1, 8010+i%40, 1234500+i, Mail(i), 1+i%28, 1+i%12, Secret)
			},
			Look:  left("Notizen"),
			Holds: map[domain.Field]domain.Value{domain.ContactBirthDate: "1979-08-08", domain.ContactCountry: "AT"}},
		{Name: "Google", head: "Name,Given Name,Additional Name,Family Name,Birthday,Notes,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Address 1 - Street,Address 1 - City,Address 1 - Postal Code,Address 1 - Country",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%s %s,%s,,%s,1990-0%d-12,%s,* myContacts,* Home,%s,Mobile,+4179%07d,Platz %d,Chur,7000,CH", g, f, g, f, 1+i%9, Secret, Mail(i), 1234500+i, i+1)
			},
			Look:  left("Notes", "Group Membership"),
			Holds: map[domain.Field]domain.Value{domain.ContactFirstName: "Karl", domain.ContactLastName: "Brunner", domain.ContactBirthDate: "1990-08-12"}},
		{Name: "Eventbrite", head: "Order #,Order Date,First Name,Surname,Email,Quantity,Ticket Type,Attendee #,Total Paid,Attendee Status,Home Address 1,Home City,Home Postcode,Home Country,Cell Phone",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%d,11/%d/24 22:28,%s,%s,%s,1,%s,%d,25.00,Attending,Lane %d,Leeds,LS1 4AP,GB,+447400%06d", 9000000+i, 1+i%28, g, f, Mail(i), Secret, 12000000+i, i+1, 120000+i)
			},
			Look:  left("Order #", "Order Date", "Quantity", "Ticket Type", "Attendee #", "Total Paid", "Attendee Status"),
			Holds: map[domain.Field]domain.Value{domain.ContactStreet: "Lane 8", domain.ContactPostcode: "LS1 4AP"}},
		{Name: "Weezevent", head: "# Code Barre;Tarif;Nom participant;Prénom participant;E-mail Participant;Nom acheteur;Prénom acheteur;E-mail Acheteur;Date commande;Montant TTC",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%013d;%s;%s;%s;%s;Payeur;%s;payeur@list.example;03/0%d/2024 10:00;25,00", 3000000000000+i, Secret, f, g, Mail(i), Secret, 1+i%9)
			},
			Look:  left("# Code Barre", "Tarif", "Date commande", "Montant TTC"),
			Holds: map[domain.Field]domain.Value{domain.ContactFirstName: "Karl", domain.ContactLastName: "Brunner"}},
		{Name: "a club in Switzerland", head: "Mitgliedsnr;Vorname;Nachname;Adresse;PLZ;Ort;Telefon Privat;Handy;E-Mail;Geburtsdatum;IBAN;Eintritt",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%06d;%s;%s;Hof %d;3011;Bern;;+4179%07d;%s;%02d.%02d.1966;%s;01.01.2001", 880000+i, g, f, i+1, 1234500+i, Mail(i), 1+i%28, 1+i%12, Secret)
			},
			Look:  left("IBAN", "Eintritt"),
			Holds: map[domain.Field]domain.Value{domain.ContactBirthDate: "1966-08-08", domain.ContactCity: "Bern"}},
		{Name: "a list in Spanish", head: "Nombre,Apellidos,Correo electrónico,Móvil,Dirección,Código postal,Localidad,País,Fecha de nacimiento",
			row: func(i int) string {
				g, f := one(i)
				return fmt.Sprintf("%s,%s,%s,+3461%07d,Calle %d,28001,Madrid,España,%02d/%02d/1975", g, f, Mail(i), 1234500+i, i+1, 13+i%15, 1+i%12)
			},
			Holds: map[domain.Field]domain.Value{domain.ContactCountry: "ES", domain.ContactBirthDate: "1975-08-20"}},
	}
}

// File has n people of an export, from the one of the number on.
func (x Export) File(from, n int) string {
	var b strings.Builder
	b.WriteString(x.head + "\r\n")
	for i := from; i < from+n; i++ {
		b.WriteString(x.row(i) + "\r\n")
	}
	return b.String()
}
