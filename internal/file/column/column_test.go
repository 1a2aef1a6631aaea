package column_test

import (
	"testing"

	"rollbook/internal/file/column"
)

// The columns of exports as these systems really name them.
func TestMeant(t *testing.T) {
	for _, c := range []struct {
		system string
		names  map[string]column.Target
		none   []string
	}{
		{"Mailchimp", map[string]column.Target{"Email Address": "email", "First Name": "firstName", "Last Name": "lastName", "Phone Number": "phone", "Birthday": "birthDate", "FNAME": "firstName", "LNAME": "lastName"},
			[]string{"MEMBER_RATING", "OPTIN_TIME", "LATITUDE", "CC", "REGION", "LEID", "EUID", "NOTES", "TAGS"}},
		{"Brevo", map[string]column.Target{"EMAIL": "email", "FIRSTNAME": "firstName", "PRENOM": "firstName", "NOM": column.Name, "SMS": "phone"}, []string{"ADDED_TIME", "EMAIL_BLACKLISTED", "OPT_IN"}},
		{"Outlook", map[string]column.Target{"E-mail Address": "email", "E-mail 2 Address": "", "Home Street": "street", "Home Postal Code": "postcode", "Home City": "city", "Home Country/Region": "country", "Business Street": "street", "Mobile Phone": "phone", "Home Phone": "phone", "Birthday": "birthDate"},
			[]string{"Middle Name", "Company", "Job Title", "Notes", "Anniversary", "E-mail Display Name", "Home Fax"}},
		{"Outlook in German", map[string]column.Target{"E-Mail-Adresse": "email", "Anrede": "title", "Vorname": "firstName", "Nachname": "lastName", "Straße privat": "street", "Postleitzahl privat": "postcode", "Ort privat": "city", "Land/Region privat": "country", "Mobiltelefon": "phone", "Telefon privat": "phone", "Geburtstag": "birthDate", "Sprache": "language"},
			[]string{"Firma", "Abteilung", "Jahrestag", "Kategorien", "Notizen"}},
		{"Outlook in French", map[string]column.Target{"Adresse de messagerie": "email", "Titre": "title", "Prénom": "firstName", "Nom": column.Name, "Rue (domicile)": "street", "Code postal (domicile)": "postcode", "Ville (domicile)": "city", "Pays/Région (domicile)": "country", "Tél. mobile": "phone", "Téléphone (bureau)": "phone", "Anniversaire": "birthDate"},
			[]string{"Nom complet de l'adresse de messagerie", "Société", "Anniversaire de mariage ou fête", "Deuxième prénom"}},
		{"Google", map[string]column.Target{"E-mail 1 - Value": "email", "Name Prefix": "title", "Given Name": "firstName", "Family Name": "lastName", "Phone 1 - Value": "phone", "Address 1 - Street": "street", "Address 1 - City": "city", "Address 1 - Postal Code": "postcode", "Address 1 - Country": "country"},
			[]string{"Additional Name", "Yomi Name", "Address 1 - Formatted", "Address 1 - PO Box", "Organization Title", "Group Membership"}},
		{"Eventbrite", map[string]column.Target{"Email": "email", "First Name": "firstName", "Surname": "lastName", "Home Address 1": "street", "Home City": "city", "Home Zip": "postcode", "Home Country": "country", "Cell Phone": "phone"},
			[]string{"Order #", "Order Date", "Ticket Type", "Attendee #", "Total Paid", "Home State"}},
		{"Weezevent", map[string]column.Target{"Nom participant": "lastName", "Prénom participant": "firstName", "E-mail Participant": "email", "Prénom acheteur": "firstName", "E-mail Acheteur": "email"}, []string{"# Code Barre", "Tarif", "Numéro de commande"}},
		{"box office", map[string]column.Target{"CONTACT_NR": column.Number, "EMAIL1": "email", "LINE1": "street", "ZIPCODE": "postcode", "TOWN": "city", "CELLPHONE": "phone", "BIRTHDATE": "birthDate", "PREF_LANG": "language", "TITLE": "title"}, []string{"ORGANIZATION", "FUNCTION", "REMARK", "FAX"}},
		{"WooCommerce", map[string]column.Target{"Billing First Name": "firstName", "Billing Last Name": "lastName", "Billing Postcode": "postcode", "Billing City": "city", "Customer ID": column.Number}, []string{"Order count", "Username"}},
		{"pretix", map[string]column.Target{"Invoice address street": "street", "Invoice address ZIP code": "postcode", "Name: Given name": "firstName", "Name: Family name": "lastName"}, []string{"Last login", "Registration date"}},
		{"lists in Italian", map[string]column.Target{"Tessera": column.Number, "Cognome": "lastName", "Nome": column.Given, "Nato il": "birthDate", "CAP": "postcode", "Città": "city", "Cellulare": "phone", "Indirizzo": "street"}, []string{"Quota"}},
		{"lists in Spanish", map[string]column.Target{"Nº Socio": column.Number, "Nombre": column.Given, "Apellidos": "lastName", "Correo electrónico": "email", "Código postal": "postcode", "Localidad": "city", "País": "country", "Fecha de nacimiento": "birthDate"}, []string{"Documento", "Estado civil"}},
		{"HelloAsso", map[string]column.Target{"Nom adhérent": column.Name, "Prénom adhérent": "firstName", "Email payeur": "email", "Ville payeur": "city", "N° adhérent": column.Number}, []string{"Moyen de paiement", "Carte d'adhérent", "Montant tarif"}},
		{"lists with names in one column", map[string]column.Target{"NOM Prénom": column.Name, "Cognome e nome": column.Name, "Nachname, Vorname": column.Name, "Vor- und Nachname": column.Name, "Tel. 1": "phone", "Tel. 2": "phone", "Tél. fixe": "phone", "Tel. dienstl.": "phone", "E-Mail (dienstl.)": "email", "Date naiss.": "birthDate"}, []string{"Prénom du conjoint", "PLZ/Ort"}},
		{"clubs in Switzerland", map[string]column.Target{"Telefon P": "phone", "Telefon G": "phone", "Telefonnummer Mobil": "phone", "Telefonnummer Arbeit": "phone", "C. Postal": "postcode", "Post Town": "city", "Mob": "phone", "country_id": "country", "Address Line 2/District/Neighborhood": column.StreetLine}, []string{"Firmenname", "Hauptebene", "AHV Nummer"}},
		{"Google in German", map[string]column.Target{"E-Mail-Adresse 1 – Wert": "email", "Telefonnummer 2 – Wert": "phone", "Adresse 1 – Straße": "street", "Adresse 1 – Ort": "city", "Adresse 1 – Postleitzahl": "postcode", "Adresse 1 – Land": "country"},
			[]string{"E-Mail-Adresse 1 – Label", "Adresse 1 – Formatiert", "Adresse 1 – Postfach", "Zweiter Vorname", "Ablegen als"}},
		{"Outlook in Dutch", map[string]column.Target{"Huisadres, straat": "street", "Huisadres, plaats": "city", "Huisadres, postcode": "postcode", "Huisadres, land/regio": "country", "Telefoon thuis": "phone", "Telefoon op werk": "phone"}, []string{"Functie", "Geslacht"}},
		{"forms", map[string]column.Target{"Email *": "email", "Date de naissance (jj/mm/aaaa)": "birthDate", "Vorname (Pflichtfeld)": "firstName", "last_name": "lastName"}, []string{"Timestamp", "What's your favourite play?"}},
	} {
		t.Run(c.system, func(t *testing.T) {
			for name, want := range c.names {
				got, ok := column.Meant(name)
				if want != "" && (!ok || got.Target != want) {
					t.Errorf("%q means %q, want %q", name, got.Target, want)
				}
			}
			for _, name := range c.none {
				if got, ok := column.Meant(name); ok {
					t.Errorf("%q means %q, want nothing", name, got.Target)
				}
			}
		})
	}
}

func TestRanksAndGroups(t *testing.T) {
	rank := func(name string) int { m, _ := column.Meant(name); return m.Rank }
	for _, order := range [][]string{{"Mobile Phone", "Home Phone", "Phone", "Business Phone"}, {"Handy", "Telefon privat", "Telefon", "Telefon geschäftlich"}, {"Telefon M", "Telefon P", "Telefon", "Telefon G"}, {"EMAIL", "EMAIL_2", "EMAIL_3"}} {
		for i := range order[1:] {
			if rank(order[i]) >= rank(order[i+1]) {
				t.Errorf("%q does not come before %q", order[i], order[i+1])
			}
		}
	}
	for name, want := range map[string]string{"Home Street": "home", "Ort geschäftlich": "work", "Rue (domicile)": "home", "Other City": "other", "E-mail Acheteur": "buyer", "Mailing Street": "mailing", "City": ""} {
		if m, _ := column.Meant(name); m.Group != want {
			t.Errorf("%q is of the group %q, want %q", name, m.Group, want)
		}
	}
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		target column.Target
		values []string
		want   bool
	}{
		{"email", []string{"a@example.org", "", "b@example.org"}, true},
		{"email", []string{"Oui", "Non", "Oui"}, false},
		{"phone", []string{"+41 44 668 18 00", "079 123 45 67"}, true},
		{"phone", []string{"yes", "no"}, false},
		{"phone", []string{"1", "0"}, false},
		{"birthDate", []string{"12.04.1985", "0/0/00"}, true},
		{"birthDate", []string{"04/12", "11/30"}, false},
		{"birthDate", []string{"2024-03-12 09:14"}, false},
		{"country", []string{"Schweiz", "FR"}, true},
		{"street", []string{"anna@example.org"}, false},
		{"contact", []string{"#0012345", "17"}, true},
		{"contact", []string{"Anna Meier"}, false},
		{"title", []string{"Head of marketing and communications, Northern region"}, false},
		{"city", nil, true},
	} {
		if got := column.Fits(c.target, c.values); got != c.want {
			t.Errorf("%v as %s: %v", c.values, c.target, got)
		}
	}
}

// Only what has the form of hardly anything else is offered, whatever its name.
func TestShape(t *testing.T) {
	for want, of := range map[column.Target][][]string{
		"email":     {{"a@example.org", "", "b@example.org"}},
		"birthDate": {{"12.04.1985", "03/04/1990"}, {"1985-04-12"}},
		"phone":     {{"+41 44 668 18 00", "079 123 45 67"}, {"(030) 1234567"}},
		"":          {nil, {"", " "}, {"2024-02-01 10:11:12"}, {"198.51.100.7"}, {"01.02.2019", "03.02.2019"}, {"46.94"}, {"12.04.2025", "2016-03-04"}, {"500000"}, {"0004a2ad10"}, {"12345678"}, {"a@example.org", "none"}, {"oui", "non"}},
	} {
		for _, values := range of {
			var one column.Target
			if got := column.Shape(values, 2026); len(got) > 1 {
				t.Errorf("%v: %v", values, got)
			} else if len(got) == 1 {
				one = got[0]
			}
			if one != want {
				t.Errorf("%v has the shape %q, want %q", values, one, want)
			}
		}
	}
}
