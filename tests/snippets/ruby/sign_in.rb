# Prints a sign-in token: `jwt USERID NAME` or `easy USERID`. What stands between the markers is shown in docs/sign-in.md.

Member = Struct.new(:id, :name)

site = ENV.fetch("NEXTIM_SITE")
token_secret = ENV.fetch("NEXTIM_TOKEN_SECRET")
mode, id, name = ARGV
member = Member.new(id, name)

case mode
when "jwt"
  # snippet:begin jwt
  require "jwt" # gem install jwt

  now = Time.now.to_i
  claims = { iss: site, sub: member.id.to_s, name: member.name, iat: now, exp: now + 600 }
  token = JWT.encode(claims, token_secret, "HS256")
  # snippet:end
when "easy"
  # snippet:begin easy
  require "openssl"

  signature = OpenSSL::HMAC.hexdigest("SHA256", token_secret, member.id.to_s)
  token = "#{member.id}.#{signature}"
  # snippet:end
else
  abort "usage: sign_in.rb jwt USERID NAME | easy USERID"
end
puts token
