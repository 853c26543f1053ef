"""Words beside names, in a dozen languages: each list separated by commas."""

from __future__ import annotations


def words(listed: str) -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(" ".join(word.split()) for word in listed.split(","))


TITLES = """
Mr, Mrs, Ms, Mx, Miss, Dr, Prof, Professor, Sir, Madam, Herr, Herrn, Frau, Mme, Mlle, Monsieur,
Madame, Señor, Señora, Sr, Sra, Doña, Signor, Signora, Sig, Dott, Dhr, Mevr, Fru, Pan, Pani
"""
"""Before a name."""

GREETINGS = """
Dear, Hello, Hi, Hey, Good morning, Good afternoon, Good evening, Hallo, Liebe, Lieber, Sehr
geehrte, Sehr geehrter, Guten Tag, Cher, Chère, Bonjour, Salut, Hola, Estimado, Estimada, Querido,
Querida, Ciao, Caro, Cara, Gentile, Egregio, Olá, Prezado, Prezada, Beste, Geachte, Hej, Kär,
Kära, Bästa, Kedves, Tisztelt
"""
"""Before a name at which a line ends."""

CLOSINGS = """
regards, best, best wishes, kind regards, best regards, warm regards, cheers, with kind regards,
with best wishes, many thanks, thanks, thank you, sincerely, sincerely yours, yours, yours
sincerely, yours truly, yours faithfully, respectfully, cordially, love, mit freundlichen grüßen,
mit besten grüßen, mit freundlichem gruß, freundliche grüße, viele grüße, beste grüße, liebe
grüße, herzliche grüße, mfg, lg, hochachtungsvoll, cordialement, bien cordialement, bien à vous,
salutations, amicalement, salutations distinguées, saludos, un saludo, saludos cordiales,
atentamente, un abrazo, cordiali saluti, distinti saluti, un saluto, atenciosamente, cumprimentos,
hälsningar, med vänliga hälsningar, vänliga hälsningar, bästa hälsningar, mvh, venlig hilsen, med
venlig hilsen, vennlig hilsen, med vennlig hilsen, üdvözlettel, tisztelettel, groet, groeten, met
vriendelijke groet, vriendelijke groet, pozdrawiam, z poważaniem, s pozdravem
"""
"""On the line before a name, under a letter."""

SAYINGS = """
my name is, my name's, my full name is, my first name is, my last name is, name is, maiden name
is, surname is, ich heiße, ich heisse, mein name ist, je m'appelle, je m’appelle, mon nom est, me
llamo, mi nombre es, mi chiamo, il mio nome è, me chamo, meu nome é, jag heter, mitt namn är, jeg
hedder, jeg heter, ik heet, mijn naam is, a nevem, nazywam się, mam na imię, jmenuji se
"""
"""Before what is said to be a name."""

PRESENTING = """
I am, I'm, I’m, This is, this is, Signed by, signed by, Written by, written by, Prepared by,
prepared by, on behalf of
"""
"""Before the full name of somebody who is presented."""

LABELS = """
full name, legal name, maiden name, family name, patient name, patient's name, employee name,
customer name, client name, contact name, cardholder name, student name, account holder, account
holder name, applicant name, guest name, sender name, recipient name, first name, firstname,
first_name, last name, lastname, last_name, middle name, given name, given_name, surname,
forename, patient, employee, cardholder, applicant, attn, attn., attention, signed, signature,
approved by, prepared by, reviewed by, written by, vor- und nachname, vorname, nachname,
familienname, ansprechpartner, ansprechpartnerin, sachbearbeiter, sachbearbeiterin, prénom, nom de
famille, nom et prénom, nombre y apellidos, apellido, apellidos, nome e cognome, cognome,
sobrenome, förnamn, efternamn, fornavn, etternavn, voornaam, achternaam, etunimi, sukunimi,
vezetéknév, keresztnév, imię, imię i nazwisko, nazwisko, jméno, příjmení
"""
"""Labels of names of people, and of nothing else."""

LOOSE_LABELS = """
name, author, from, to, cc, contact, von, an, de, nom, nombre, nome, namn, navn, naam, név, nimi,
sponsor, reviewer, manager, owner
"""
"""Labels of other things as well: what stands beside them has to look like a full name."""

NOBODY = """
all, everyone, everybody, team, there, sir, madam, sirs, colleague, colleagues, friend, friends,
folks, member, members, customer, customers, user, users, world, committee, editor, editors,
hiring, support, none, n/a, unknown, tbd, required, optional, string, text, null, true, false,
yes, no, the, damen, herren, kollegen, kolleginnen, group, list, staff, office, department,
service, admin, administrator, anonymous, sorry, sure, glad, happy, not, just
"""
"""What stands there instead of a name."""

SMALL = """
van, von, vom, zu, zur, de, der, den, dos, das, da, di, du, del, della, dalla, la, le, lo, el, al,
bin, ibn, ben, bint, af, av, ter, ten, y, e
"""
"""Small words within names."""

BESIDE_NAMES = """
email, e-mail, mail, phone, telephone, mobile, fax, address, street, city, town, zip, zip code,
postcode, postal code, birth, birthday, date of birth, dob, department, salary, position, role, job
title, gender, age, ssn, iban, telefon, adresse, straße, ort, plz, geburtsdatum, abteilung, gehalt,
téléphone, rue, ville, code postal, date de naissance, teléfono, dirección, ciudad, fecha de
nacimiento, telefono, indirizzo, città, morada, cidade, adress, stad, telefoon, adres
"""
"""Columns of a table about people: in one with such a column, that of a loose label holds names."""
